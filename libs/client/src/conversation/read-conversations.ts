import { Group } from '@fastchat/crypto'
import { loadRecord } from '../chain/stored-chain.ts'
import { type ConversationRecord, type OutboxRecord, parseRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { StoredSnapshot } from './conversation-state.ts'
import type { SavedConversation } from './saved-conversation.ts'
import { SentMessages } from './sent-messages.ts'

/** Returns the conversations of a device's store. */
export async function readConversations({
  store,
  identity,
}: Pick<Context, 'store' | 'identity'>): Promise<readonly SavedConversation[]> {
  const queued = (await store.list('outbox')).map(({ value }) => parseRecord<OutboxRecord>(value))
  const outbox = Map.groupBy(queued, ({ conversation }) => conversation)
  const known = (await store.list('sent')).map(({ key, value }) => {
    const { conversation, stored } = parseRecord<OutboxRecord>(value)
    return { key, conversation, at: stored?.at ?? 0 }
  })
  const sent = Map.groupBy(known, ({ conversation }) => conversation)
  const read: SavedConversation[] = []
  for (const { value } of await store.list('conversations')) {
    const stored = await loadRecord(store, value)
    const state = await store.get('groups', stored.conversation)
    const { record, group } = openGroup(stored, state && (() => Group.decode(state, identity)))
    const waiting = outbox.get(record.conversation) ?? []
    const messages = new SentMessages(record.conversation, sent.get(record.conversation) ?? [])
    read.push({ record, group, outbox: waiting, sent: messages })
  }
  return read
}

/**
 * Returns a stored conversation. Only a group that may be of the former rules is decoded at once:
 * where a lawful state of this group is known, the group is of the present ones.
 */
function openGroup(record: ConversationRecord, decode: (() => Group) | undefined): StoredSnapshot {
  if (!decode) return { record }
  const { status, lawful, groupNo } = record
  if (status === 'active' && lawful?.groupNo === groupNo) return { record, group: decode }
  const group = decode()
  return { record: upgraded(record, group), group }
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
