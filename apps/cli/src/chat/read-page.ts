import type { Entry } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'

/**
 * A part of a conversation. Positions are exclusive. Times are inclusive, in milliseconds by the
 * server's clock.
 */
export type PageQuery = {
  readonly limit: number
  readonly before?: number
  readonly after?: number
  readonly since?: number
  readonly until?: number
}
export type Page<T> = {
  /** The lines, oldest first. */
  readonly lines: readonly T[]
  /** Whether there are more lines in the direction of reading. */
  readonly isMore: boolean
}

/** The verbs of the device that reading a page needs. */
type Entries = {
  /** Returns the newest entries before a position, oldest first. */
  history(id: ConversationId, limit: number, before?: number): Promise<readonly Entry[]>
  /** Returns the entries after a position, oldest first. */
  entriesAfter(id: ConversationId, after: number, limit: number): Promise<readonly Entry[]>
}

/**
 * Reads the first entries after `after` or `since`. Without both, it reads the newest entries.
 * Entries of one position stay together, so that the next page begins with the next position. For
 * that a page may be smaller than the limit. It is larger if one position alone exceeds the limit.
 */
export async function readPage(from: Entries, id: ConversationId, query: PageQuery): Promise<Page<Entry>> {
  const { limit, before, after, since, until } = query
  const end = Math.min(
    before ?? Number.POSITIVE_INFINITY,
    until === undefined ? Number.POSITIVE_INFINITY : await firstAt(from, id, until + 1),
  )
  if (after === undefined && since === undefined) return await newest(from, id, limit, end)
  const begin = Math.max(after ?? -1, since === undefined ? -1 : (await firstAt(from, id, since)) - 1)
  return await first(from, id, limit, begin, end)
}

async function newest(from: Entries, id: ConversationId, limit: number, end: number): Promise<Page<Entry>> {
  for (let wanted = limit + 1; ; wanted *= 2) {
    const found = await from.history(id, wanted, Number.isFinite(end) ? end : undefined)
    const newestFirst = takeWhole(found.toReversed(), limit, found.length < wanted)
    if (newestFirst) return { lines: newestFirst.toReversed(), isMore: newestFirst.length < found.length }
  }
}

async function first(
  from: Entries,
  id: ConversationId,
  limit: number,
  begin: number,
  end: number,
): Promise<Page<Entry>> {
  for (let wanted = limit + 1; ; wanted *= 2) {
    const read = await from.entriesAfter(id, begin, wanted)
    const found = read.filter(({ seq }) => seq < end)
    const lines = takeWhole(found, limit, read.length < wanted || found.length < read.length)
    if (lines) return { lines, isMore: lines.length < found.length }
  }
}

/**
 * Returns as many whole positions as fit, and at least one. Without `areAll`, the last position may
 * be incomplete and is left out. Undefined: no position is complete.
 */
function takeWhole(entries: readonly Entry[], limit: number, areAll: boolean): readonly Entry[] | undefined {
  const positions = [...Map.groupBy(entries, ({ seq }) => seq).values()]
  if (!areAll) positions.pop()
  else if (positions.length === 0) return []
  let taken = positions[0]
  for (const position of positions.slice(1)) {
    if (!taken || taken.length + position.length > limit) break
    taken = [...taken, ...position]
  }
  return taken
}

/**
 * Returns the first position whose time is not before `at`, by binary search. Infinite: there is
 * none.
 */
async function firstAt(from: Entries, id: ConversationId, at: number): Promise<number> {
  const [last] = await from.history(id, 1)
  if (!last || last.at < at) return Number.POSITIVE_INFINITY
  let [low, high] = [0, last.seq]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const [entry] = await from.entriesAfter(id, middle - 1, 1)
    if (entry && entry.at < at) low = Math.max(middle, entry.seq) + 1
    else high = middle
  }
  return low
}
