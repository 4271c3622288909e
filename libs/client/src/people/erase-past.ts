import type { ConversationId, MessageId } from '@fastchat/schema'
import { placeKey } from '../backup/restored-rows.ts'
import { Draft } from '../messages/draft.ts'
import { eraseMessage } from '../messages/erase.ts'
import { notesOf } from '../messages/shown-entries.ts'
import { Batch, entryKey, parseRecord, type StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The rows that one batch erases, so that a long history does not fill the memory. */
const pageRows = 500

/**
 * Erases the history of a chat that goes on, up to a position. What remains is that this device has
 * read those positions, so that it recognises a repeated entry. Call it under the chat's lock.
 *
 * @returns the messages that were erased
 */
export async function erasePast(store: Store, conversation: ConversationId, to: number): Promise<MessageId[]> {
  const erased = [...(await erasePages(store, conversation, to, 'entries'))]
  return [...erased, ...(await erasePages(store, conversation, to, 'restored'))]
}

async function erasePages(
  store: Store,
  conversation: ConversationId,
  to: number,
  table: 'entries' | 'restored',
): Promise<MessageId[]> {
  const erased: MessageId[] = []
  const before = entryKey(conversation, to + 1)
  let after: string | undefined
  for (;;) {
    const range = { prefix: `${conversation}/`, before, limit: pageRows, ...(after !== undefined && { after }) }
    const rows = await store.list(table, range)
    const draft = new Draft(store, new Batch())
    for (const { key, value } of rows) {
      const entry = parseRecord<StoredEntry>(value)
      if (entry.type === 'message') eraseMessage(draft, { table, key, entry }, await notesOf(store, entry))
      if (table === 'restored') {
        draft.batch.remove(table, key)
        if (entry.id !== undefined) draft.batch.remove(table, placeKey(entry.id))
      } else if (entry.type !== 'message' && entry.type !== 'mark') {
        const { seq, at, c } = entry
        draft.batch.put(table, key, { type: 'mark', conversation, seq, at, ...(c !== undefined && { c }) })
      }
      if (entry.type === 'message' && entry.id !== undefined) erased.push(entry.id)
    }
    if (draft.batch.writes.length > 0) await store.write(draft.batch.writes)
    const last = rows.at(-1)
    if (rows.length < pageRows || !last) return erased
    after = last.key
  }
}
