import type { AttachmentId, ConversationId, MessageId, Payload } from '@fastchat/schema'
import { Batch, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { pieceCount, removePieces } from './stored-pieces.ts'

/** The fields that every message may have: the answered message, the mentions and the timer. */
export type MessageFields = Partial<
  Pick<Extract<Payload, { kind: 'file' }>, 'replyTo' | 'mentions' | 'forwarded' | 'expires'>
>

/** The size and the preview of a picture, which its message tells beside the file. */
export type PictureFields = Pick<Extract<Payload, { kind: 'image' }>, 'width' | 'height' | 'thumbnail'>

/**
 * A file on its way out. Its ciphertext lies in the store, so each upload sends the same bytes,
 * whatever happens to the file meanwhile.
 */
export type OutgoingRecord = {
  readonly id: MessageId
  readonly conversation: ConversationId
  readonly attachment: AttachmentId
  readonly key: string
  readonly name: string
  readonly mime: string
  /** Bytes of the plaintext. */
  readonly size: number
  readonly caption?: string
  /** Further fields of the message. */
  readonly fields?: MessageFields
  /** The file is sent as a picture. */
  readonly picture?: PictureFields
  readonly queuedAt: number
  /** SHA-256 of the ciphertext. It is there once the file is encrypted; then bytes may leave. */
  readonly sha256?: string
  /** Why the file can't be sent. It waits until a person sends it again or discards it. */
  readonly failed?: { readonly code: string; readonly reason: string }
}

/** A file on its way in: `received` bytes of the ciphertext are stored. */
export type IncomingRecord = {
  readonly attachment: AttachmentId
  readonly received: number
  readonly total: number
  readonly at: number
}

const outKey = (id: MessageId): string => `out/${id}`
const inKey = (id: AttachmentId): string => `in/${id}`

/** The files on their way, in the store. */
export class FileRecords {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  async outgoing(): Promise<readonly OutgoingRecord[]> {
    const rows = await this.#store.list('files', { prefix: 'out/' })
    return rows.map(({ value }) => parseRecord<OutgoingRecord>(value))
  }

  async outgoingOf(id: MessageId): Promise<OutgoingRecord | undefined> {
    const value = await this.#store.get('files', outKey(id))
    return value && parseRecord<OutgoingRecord>(value)
  }

  async putOutgoing(record: OutgoingRecord): Promise<void> {
    await this.#store.write(new Batch().put('files', outKey(record.id), record).writes)
  }

  async dropOutgoing({ id, attachment }: OutgoingRecord, ciphertextBytes: number): Promise<void> {
    const batch = new Batch().remove('files', outKey(id))
    await this.#store.write(removePieces(batch, attachment, pieceCount(ciphertextBytes)).writes)
  }

  async incoming(): Promise<readonly IncomingRecord[]> {
    const rows = await this.#store.list('files', { prefix: 'in/' })
    return rows.map(({ value }) => parseRecord<IncomingRecord>(value))
  }

  async incomingOf(attachment: AttachmentId): Promise<IncomingRecord | undefined> {
    const value = await this.#store.get('files', inKey(attachment))
    return value && parseRecord<IncomingRecord>(value)
  }

  /** Stores what has arrived. `batch` has its pieces. */
  async putIncoming(record: IncomingRecord, batch: Batch): Promise<void> {
    await this.#store.write(batch.put('files', inKey(record.attachment), record).writes)
  }

  async dropIncoming({ attachment, total }: Pick<IncomingRecord, 'attachment' | 'total'>): Promise<void> {
    const batch = new Batch().remove('files', inKey(attachment))
    await this.#store.write(removePieces(batch, attachment, pieceCount(total)).writes)
  }
}
