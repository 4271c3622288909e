import type { Group } from '@fastchat/crypto'
import type { ConversationRecord, OutboxRecord } from '../store/records.ts'
import type { SentMessages } from './sent-messages.ts'

/** A conversation as the device's store has it. */
export type SavedConversation = {
  readonly record: ConversationRecord
  readonly group?: Group
  readonly outbox: readonly OutboxRecord[]
  readonly sent: SentMessages
}
