import type { ConversationId } from '@fastchat/schema'
import { placeKey } from '../backup/restored-rows.ts'
import { forgetKeptGroup } from '../conversation/kept-group.ts'
import { chatKey } from '../messages/chat-notes.ts'
import { Batch, type Entry, parseRecord } from '../store/records.ts'
import type { Store, Table } from '../store/store.ts'

/** The rows that one batch removes, so that a long history does not fill the memory. */
const pageSize = 500
/** The tables whose rows belong to one conversation, with its id at the beginning of the key. */
const prefixed: readonly Table[] = ['outbox', 'sent', 'intents', 'chains', 'annotations']

/**
 * Erases the records of a conversation from a store: its history first, and its record last. So a
 * process that ends in between goes on with the rest.
 */
export async function eraseChat(store: Store, conversation: ConversationId): Promise<void> {
  const prefix = `${conversation}/`
  await eraseLines(store, 'entries', prefix)
  await eraseLines(store, 'restored', prefix)
  const rest = new Batch()
  for (const table of prefixed) {
    for (const { key } of await store.list(table, { prefix })) rest.remove(table, key)
    rest.remove(table, conversation)
  }
  rest.remove('annotations', chatKey(conversation))
  forgetKeptGroup(rest, conversation)
  await store.write(rest.remove('groups', conversation).remove('conversations', conversation).writes)
}

async function eraseLines(store: Store, table: 'entries' | 'restored', prefix: string): Promise<void> {
  for (;;) {
    const rows = await store.list(table, { prefix, limit: pageSize })
    if (rows.length === 0) return
    const batch = new Batch()
    for (const { key, value } of rows) {
      const { id } = parseRecord<Entry>(value)
      batch.remove(table, key)
      if (id === undefined) continue
      if (table === 'entries') batch.remove('messageIds', id)
      else batch.remove('restored', placeKey(id))
    }
    await store.write(batch.writes)
  }
}
