/** A run of sends of one device in one conversation that are to be stored in the order sent. */
type SendLine = { readonly name: string; entered: number; unanswered: number; firstRefused: number }

/** A send's place in its run. */
export type LinePlace = { readonly line: SendLine; readonly at: number }

/** Whether a send before it was refused: then it is refused, too, if it is not stored yet. */
export const isBehindRefused = ({ line, at }: LinePlace): boolean => at > line.firstRefused

/**
 * The writer's half of the hold rule (ports.ts; the socket's is line-hold.ts). Bounded by the sends without an answer.
 *
 * A run ends when every send of it has its answer, or as soon as a refusal is answered: what is submitted by then, in the same
 * turn of the event loop before anybody could act on the refusal, belongs to that run and is refused; what is submitted
 * afterwards begins a new one. The new one does not depend on sends of the old one that are still without an answer,
 * since it begins with the oldest of them.
 */
export function createSendLines() {
  const current = new Map<string, SendLine>()

  const end = (line: SendLine) => current.get(line.name) === line && current.delete(line.name)

  return {
    enter(device: number, conversation: string): LinePlace {
      const name = `${device}:${conversation}`
      const line = current.get(name) ?? { name, entered: 0, unanswered: 0, firstRefused: Number.POSITIVE_INFINITY }
      if (line.entered === 0) current.set(name, line)
      line.unanswered++
      return { line, at: line.entered++ }
    },

    /** Call it before the answer is given. */
    leave({ line, at }: LinePlace, isRefused: boolean): void {
      line.unanswered--
      if (isRefused && at < line.firstRefused) {
        line.firstRefused = at
        queueMicrotask(() => end(line))
      } else if (line.unanswered === 0 && line.firstRefused === Number.POSITIVE_INFINITY) end(line)
    },
  }
}
