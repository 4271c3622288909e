import type { ConversationId, MessageId, Payload } from '@fastchat/schema'

/**
 * A message that waits in the outbox. Its `envelope` and epoch stay as set until the server says
 * that the epoch is over.
 */
export type OutboxRecord = {
  readonly id: MessageId
  readonly conversation: ConversationId
  /** The position in the conversation's order of sends. */
  readonly order: number
  readonly payload: Payload
  readonly attachments: readonly string[]
  readonly queuedAt: number
  readonly encrypted?: {
    readonly groupNo: number
    readonly epoch: number
    readonly envelope: string
    /** This user may only read there, and the message is one that readers may send. */
    readonly asReader?: true
  }
  /**
   * The server said that the epoch of these bytes is over. Only then they may be encrypted again.
   */
  readonly isStale?: boolean
  /** Set by the ack. The record is removed when the entry is read from the log. */
  readonly stored?: { readonly seq: number; readonly at: number }
  /**
   * The history has this message already. It is sent again without notice, in case a restored
   * server has forgotten it.
   */
  readonly isRepeated?: true
}
