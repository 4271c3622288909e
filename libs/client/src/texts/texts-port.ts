import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import type { History } from '../history.ts'
import type { Messages } from '../messages/messages.ts'
import type { ConnectionState } from '../net/connection-state.ts'
import type { People } from '../people/people.ts'
import type { ConversationRecord, Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** The parts of a device that `Texts` uses. */
export type TextsPort = {
  readonly identity: Identity
  readonly store: Store
  readonly clock: Pick<Clock, 'wallMs'>
  /** Calls `listener` when the chats or the connection changed. Returns how to end that. */
  onChange(listener: () => void): () => void
  readonly messages: Pick<Messages, 'compose'>
  readonly history: Pick<History, 'after'>
  readonly people: Pick<People, 'isRequest' | 'requests' | 'accept' | 'viewOf'>
  newId(): MessageId
  nameOf(userId: UserId): string
  state(): ConnectionState
  conversation(id: ConversationId): Pick<Conversation, 'outbox' | 'markRead' | 'record'>
  records(): readonly ConversationRecord[]
}
