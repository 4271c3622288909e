import { Group } from '@fastchat/crypto'
import { loadRecord } from '../chain/stored-chain.ts'
import { type ConversationRecord, type OutboxRecord, parseRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { SavedConversation } from './saved-conversation.ts'
import { SentMessages } from './sent-messages.ts'

/** Returns the conversations of a device's store. */
export async function readConversations({
  store,
  identity,
}: Pick<Context, 'store' | 'identity'>): Promise<readonly SavedConversation[]> {
  const outbox = (await store.list('outbox')).map(({ value }) => parseRecord<OutboxRecord>(value))
  const sent = (await store.list('sent')).map(({ key, value }) => {
    const { conversation, stored } = parseRecord<OutboxRecord>(value)
    return { key, conversation, at: stored?.at ?? 0 }
  })
  const read: SavedConversation[] = []
  for (const { value } of await store.list('conversations')) {
    const stored = await loadRecord(store, value)
    const state = await store.get('groups', stored.conversation)
    const group = state && Group.decode(state, identity)
    const record = group ? upgraded(stored, group) : stored
    const waiting = outbox.filter(({ conversation }) => conversation === record.conversation)
    const kept = sent.filter(({ conversation }) => conversation === record.conversation)
    const messages = new SentMessages(record.conversation, kept)
    read.push({ record, ...(group && { group }), outbox: waiting, sent: messages })
  }
  return read
}

/**
 * Returns the record of a group under the former rules. It continues as the next group. Until an
 * admin (in a direct chat: either user) has started that one, this device only reads.
 */
function upgraded(record: ConversationRecord, group: Group): ConversationRecord {
  if (!group.isOfFormerRules || record.status === 'left') return record
  const { groupNo, epoch } = group
  return { ...record, status: 'broken', brokenBy: 'upgrade', lawful: { groupNo, epoch } }
}
