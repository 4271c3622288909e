import type { UserId } from '@fastchat/schema'
import { mergedLines } from '../store/merged-lines.ts'
import { type ConversationRecord, type Entry, entryKey, parseRecord } from '../store/records.ts'
import type { Row, Store } from '../store/store.ts'

/** The rows that are read from the store at a time. */
const pageRows = 256

/** Returns whether an entry is a message, from anybody. */
const isMessage = ({ type }: Entry): boolean => type === 'message'

/** The user of this device, and whose messages do not count. */
export type Reader = { readonly me: UserId; isHidden(entry: Entry): boolean }

/** Returns whether an entry counts as unread. A deleted message has no payload and does not. */
const countsFor = ({ me, isHidden }: Reader, entry: Entry): boolean =>
  isMessage(entry) && entry.payload !== undefined && entry.from !== me && !isHidden(entry)

/** The facts about unread messages that a record holds. */
export type Counted = Required<Pick<ConversationRecord, 'unread' | 'isCounted' | 'lastMessageSeq'>> &
  Pick<ConversationRecord, 'firstUnread'>

type Place = Pick<ConversationRecord, 'conversation' | 'readSeq' | 'cursor' | 'request'>

/**
 * Counts the unread messages behind a read position, in the history up to the cursor. That
 * includes what came from the backup: a new device counts what no device has read yet. Later
 * positions count when the log shows them. It stops at `atMost`.
 */
export async function countUnread(
  store: Pick<Store, 'get' | 'list'>,
  { conversation, readSeq, cursor, request }: Place,
  reader: Reader,
  { atMost = Number.POSITIVE_INFINITY } = {},
): Promise<Pick<Counted, 'unread' | 'firstUnread'>> {
  let unread = 0
  let firstUnread: number | undefined
  // A chat that waits as a request counts nothing until it is accepted.
  if (request || readSeq >= cursor) return { unread }
  const before = entryKey(conversation, cursor + 1)
  let after = entryKey(conversation, readSeq + 1)
  for (;;) {
    const { rows, lines } = await mergedLines(store, conversation, { before, after, limit: pageRows })
    for (const entry of lines.map(entryOf)) {
      if (!countsFor(reader, entry)) continue
      unread++
      firstUnread ??= entry.seq
      if (unread === atMost) return { unread, firstUnread }
    }
    const last = rows.at(-1)
    if (rows.length < pageRows || !last) break
    after = last.key
  }
  return { unread, ...(firstUnread !== undefined && { firstUnread }) }
}

/** Returns the position of the last message in the history of this device; 0 for none. */
export async function findLastMessage(
  store: Pick<Store, 'get' | 'list'>,
  { conversation }: Pick<ConversationRecord, 'conversation'>,
): Promise<number> {
  let before: string | undefined
  for (;;) {
    const range = { descending: true, limit: pageRows, ...(before !== undefined && { before }) }
    const { rows, lines } = await mergedLines(store, conversation, range)
    const found = lines.map(entryOf).find(isMessage)
    if (found) return found.seq
    const last = rows.at(-1)
    if (rows.length < pageRows || !last) return 0
    before = last.key
  }
}

const entryOf = ({ value }: Row): Entry => parseRecord<Entry>(value)

/** Adds entries that were just read to what a record counts. */
export function countFresh(record: ConversationRecord, entries: readonly Entry[], reader: Reader): ConversationRecord {
  // A chat that waits as a request counts nothing until it is accepted.
  const fresh = record.request ? [] : entries.filter((entry) => countsFor(reader, entry) && entry.seq > record.readSeq)
  const lastMessageSeq = Math.max(record.lastMessageSeq ?? 0, ...entries.filter(isMessage).map(({ seq }) => seq))
  const firstUnread = record.firstUnread ?? fresh[0]?.seq
  return {
    ...record,
    unread: record.unread + fresh.length,
    ...(lastMessageSeq > 0 && { lastMessageSeq }),
    ...(firstUnread !== undefined && { firstUnread }),
  }
}
