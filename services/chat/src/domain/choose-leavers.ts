/** The state of a connection that matters for moving it to another pod. */
export type Movable = {
  /** Nothing is in flight that the next connection would have to send again. */
  readonly isQuiet: boolean
  readonly isOpen: boolean
}

/**
 * Returns up to `count` connections to move: quiet ones before busy ones, oldest first.
 * `connections` comes oldest first, so a client that was moved is moved again only after all
 * others.
 */
export function chooseLeavers<T extends Movable>(connections: Iterable<T>, count: number): T[] {
  const quiet: T[] = []
  const busy: T[] = []
  for (const connection of connections) {
    if (quiet.length === count) break
    if (connection.isQuiet) quiet.push(connection)
    else if (connection.isOpen) busy.push(connection)
  }
  return [...quiet, ...busy].slice(0, count)
}
