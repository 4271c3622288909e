import type { ConversationId, DeviceId, EntryKind, MessageId } from '@fastchat/schema'

export type FrameEntry = {
  readonly conversation: ConversationId
  readonly seq: number
  readonly kind: EntryKind
  readonly id: MessageId
  readonly from: DeviceId
  /** Milliseconds since 1970. */
  readonly at: number
  /** The bytes, or how many there are when they are too many for a frame. */
  readonly envelope: Buffer | { readonly size: number }
}

/**
 * The final bytes of an entry's `message` frame. Put together by hand because every message passes here: ids, kinds,
 * numbers and base64url need no escaping in JSON.
 */
export function messageFrame({ conversation, seq, kind, id, from, at, envelope }: FrameEntry): Buffer {
  const body = Buffer.isBuffer(envelope)
    ? `"envelope":"${envelope.toString('base64url')}"`
    : `"size":${envelope.size.toString()}`
  return Buffer.from(
    `{"t":"message","conversation":"${conversation}","seq":${seq},"kind":"${kind}","id":"${id}","from":"${from}","at":${at},${body}}`,
  )
}
