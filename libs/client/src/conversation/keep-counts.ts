import type { ConversationId, MessageId } from '@fastchat/schema'
import { findEntry } from '../messages/find-entry.ts'
import type { Store } from '../store/store.ts'
import type { Context } from './context.ts'
import type { Conversations } from './conversations.ts'

type Parts = {
  readonly conversations: Pick<Conversations, 'all' | 'find'>
  readonly events: Context['events']
  readonly store: Pick<Store, 'get'>
}

/**
 * Counts unread messages anew when the stored history changes behind the cursor. That happens when
 * a message is deleted or over, lines come from the backup, or this device joins.
 */
export function keepCounts({ conversations, events, store }: Parts): void {
  const failed = (error: Error) => events.emit('trouble', error)
  const recount = (id: ConversationId): void => void conversations.find(id)?.recount().catch(failed)
  const recountIfGone = async (id: ConversationId, message: MessageId): Promise<void> => {
    // Other changes, such as reactions, leave the count as it is.
    const found = await findEntry(store, message)
    if (found?.entry.payload === undefined) await conversations.find(id)?.recount()
  }
  events.on('changed', ({ conversation, id }) => {
    if ((conversations.find(conversation)?.record.unread ?? 0) > 0) recountIfGone(conversation, id).catch(failed)
  })
  events.on('restored', ({ conversation }) => recount(conversation))
  const joined = new Map(conversations.all.map(({ id, record }) => [id, record.joinedSeq]))
  events.on('conversation', ({ conversation, joinedSeq }) => {
    const before = joined.get(conversation) ?? 0
    joined.set(conversation, joinedSeq)
    // What came from the backup before the join was not behind the cursor then.
    if (joinedSeq > before) recount(conversation)
  })
}

/**
 * Counts unread messages anew in all chats that have some: people were blocked, or no longer are.
 */
export function recountUnread({ conversations, events }: Pick<Parts, 'conversations' | 'events'>): void {
  for (const one of conversations.all)
    if (one.record.readSeq < one.record.cursor) one.recount().catch((error: Error) => events.emit('trouble', error))
}
