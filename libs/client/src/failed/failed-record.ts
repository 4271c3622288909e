import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { Batch, OutboxRecord } from '../store/records.ts'

/** A message that can't be sent as it is. It keeps what the person wrote. */
export type FailedRecord = {
  readonly id: MessageId
  readonly conversation: ConversationId
  readonly payload: Payload
  readonly attachments: readonly string[]
  /** The stable code of the reason, and its words. */
  readonly code: string
  readonly reason: string
  readonly queuedAt: number
  /** The id of the message that replaces it, from the moment at which a retry begins. */
  readonly retryId?: MessageId
}

export const failedPrefix = 'failed/'
export const failedKey = (id: MessageId): string => `${failedPrefix}${id}`

/** Messages of these kinds are kept. Others, such as votes, say nothing that would be lost. */
const kept: ReadonlySet<string> = new Set<Payload['kind']>(['text', 'image', 'file'])

/** Adds a message that left the outbox unsent to the batch that removes it there. */
export function keepFailed(batch: Batch, { id, conversation, ...record }: OutboxRecord, error: Error): void {
  const { payload, attachments, queuedAt, isRepeated, stored } = record
  // A repeated or stored message is in the history, or the log will show it.
  if (isRepeated || stored || !kept.has(payload.kind)) return
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'failed'
  const failed: FailedRecord = {
    ...{ id, conversation, payload, attachments, queuedAt, code },
    reason: error.message,
  }
  batch.put('meta', failedKey(id), failed)
}
