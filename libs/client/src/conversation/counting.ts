import type { UserId } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'
import { type Entry, entryKey, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

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

/** Counts the unread messages behind a read position, in the stored history. */
export async function countUnread(
  store: Store,
  {
    conversation,
    readSeq,
    cursor,
    request,
  }: Pick<ConversationRecord, 'conversation' | 'readSeq' | 'cursor' | 'request'>,
  reader: Reader,
): Promise<Pick<Counted, 'unread' | 'firstUnread'>> {
  let unread = 0
  let firstUnread: number | undefined
  if (request || readSeq >= cursor) return { unread }
  let after = entryKey(conversation, readSeq + 1)
  for (;;) {
    const rows = await store.list('entries', { prefix: `${conversation}/`, after, limit: pageRows })
    for (const { value } of rows) {
      const entry = parseRecord<Entry>(value)
      if (!countsFor(reader, entry)) continue
      unread++
      firstUnread ??= entry.seq
    }
    const last = rows.at(-1)
    if (rows.length < pageRows || !last) break
    after = last.key
  }
  return { unread, ...(firstUnread !== undefined && { firstUnread }) }
}

/** Returns the position of the last message in the stored history; 0 for none. */
export async function findLastMessage(store: Store, { conversation }: ConversationRecord): Promise<number> {
  let before: string | undefined
  for (;;) {
    const range = { prefix: `${conversation}/`, descending: true, limit: pageRows }
    const rows = await store.list('entries', before === undefined ? range : { ...range, before })
    const found = rows.map(({ value }) => parseRecord<Entry>(value)).find(isMessage)
    if (found) return found.seq
    const last = rows.at(-1)
    if (rows.length < pageRows || !last) return 0
    before = last.key
  }
}

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
