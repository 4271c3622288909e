import type { OutboxRecord } from '../store/records.ts'
import type { StoredSnapshot } from './conversation-state.ts'
import type { SentMessages } from './sent-messages.ts'

/** A conversation as the device's store has it. */
export type SavedConversation = StoredSnapshot & {
  readonly outbox: readonly OutboxRecord[]
  readonly sent: SentMessages
}
