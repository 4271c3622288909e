import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { ClientError } from '../errors.ts'
import type { Files } from '../files/files.ts'
import { Batch, getRecord, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type FailedRecord, failedKey, failedPrefix } from './failed-record.ts'

/** Failed messages that are kept: the latest ones. */
const maxKept = 200

type Parts = {
  readonly store: Store
  readonly conversation: (id: ConversationId) => Pick<Conversation, 'outbox'>
  readonly newId: () => MessageId
  /** The files that failed before their message was queued. Their bytes stay with them. */
  readonly files: Pick<Files, 'failed' | 'retry' | 'discard'>
  /** Called when a message is no longer failed. */
  readonly moved?: (conversation: ConversationId, id: MessageId) => void
}

/** Keeps the messages that could not be sent, until a person sends them again or discards them. */
export class FailedMessages {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Returns the failed messages of one chat or of all, the oldest first. */
  async list(conversation?: ConversationId): Promise<readonly FailedRecord[]> {
    const rows = await this.#parts.store.list('meta', { prefix: failedPrefix })
    const all = rows.map(({ value }) => parseRecord<FailedRecord>(value)).toSorted((a, b) => a.queuedAt - b.queuedAt)
    const old = all.slice(0, Math.max(0, all.length - maxKept))
    if (old.length > 0) await this.#remove(old.map(({ id }) => id))
    const files = await this.#parts.files.failed()
    const kept = [...all.slice(old.length), ...files].toSorted((a, b) => a.queuedAt - b.queuedAt)
    return kept.filter((one) => conversation === undefined || one.conversation === conversation)
  }

  /**
   * Queues a failed message again, as a new message. Returns its id. A repeated call after a crash
   * queues no second one. A file that was never queued keeps its id, and goes on with its upload.
   *
   * @throws {ClientError} `unknown_message`, `not_a_member`, `file_interrupted`
   */
  async retry(id: MessageId): Promise<MessageId> {
    const { store, newId } = this.#parts
    const record = await getRecord<FailedRecord>(store, 'meta', failedKey(id))
    if (!record) {
      if (await this.#parts.files.retry(id)) return id
      throw new ClientError('unknown_message')
    }
    const { conversation, payload, attachments, retryId = newId() } = record
    await store.write(new Batch().put('meta', failedKey(id), { ...record, retryId }).writes)
    await this.#parts.conversation(conversation).outbox.queue(retryId, payload, attachments)
    await this.#remove([id])
    this.#parts.moved?.(conversation, id)
    return retryId
  }

  /** Forgets a failed message. @throws {ClientError} `unknown_message` */
  async discard(id: MessageId): Promise<void> {
    if (await this.#parts.files.discard(id)) return
    const record = await getRecord<FailedRecord>(this.#parts.store, 'meta', failedKey(id))
    if (!record) throw new ClientError('unknown_message')
    await this.#remove([id])
    this.#parts.moved?.(record.conversation, id)
  }

  async #remove(ids: readonly MessageId[]): Promise<void> {
    const batch = new Batch()
    for (const id of ids) batch.remove('meta', failedKey(id))
    await this.#parts.store.write(batch.writes)
  }
}
