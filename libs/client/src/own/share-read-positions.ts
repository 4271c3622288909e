import type { ConversationId } from '@fastchat/schema'
import type { Conversations } from '../conversation/conversations.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { OwnRows } from './own-rows.ts'

type Parts = {
  readonly rows: OwnRows
  readonly conversations: Pick<Conversations, 'all' | 'find'>
  readonly failed: (error: Error) => void
}

/**
 * Keeps the read positions of all devices of the account equal. Returns the function that takes the
 * record of a conversation that changed.
 */
export function shareReadPositions({ rows, conversations, failed }: Parts): (record: ConversationRecord) => void {
  const follow = ({ conversation, readSeq }: ConversationRecord): void => {
    const shared = rows.get(`chat/${conversation}`)?.read ?? 0
    if (readSeq > shared) rows.raise(`chat/${conversation}`, readSeq).catch(failed)
    if (shared > readSeq) markRead(conversation, shared)
  }
  const markRead = (id: ConversationId, seq: number): void => {
    conversations.find(id)?.markRead(seq).catch(failed)
  }
  rows.on('changed', (keys) => {
    const changed = new Set(keys)
    for (const { record } of conversations.all) if (changed.has(`chat/${record.conversation}`)) follow(record)
  })
  // A process that ended between the two writes has stored only one of them.
  for (const { record } of conversations.all) follow(record)
  return follow
}
