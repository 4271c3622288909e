import type { ConversationId, DeviceId, EntryKind, MessageId } from '@fastchat/schema'
import { toBase64Url } from '@fastchat/service'

export type FrameEntry = {
  readonly conversation: ConversationId
  readonly seq: number
  readonly kind: EntryKind
  readonly id: MessageId
  readonly from: DeviceId
  /** Milliseconds since 1970. */
  readonly at: number
  /** The bytes, or only their number if they are too many for a frame. */
  readonly envelope: Buffer | { readonly size: number }
  /** Set for commits. */
  readonly externalPub?: Buffer | null
  readonly contextHash?: Buffer | null
}

/**
 * Returns the final bytes of an entry's `message` frame. It builds the JSON by hand, since every
 * message passes here: ids, kinds, numbers and base64url need no escaping.
 */
export function messageFrame({ conversation, seq, kind, id, from, at, envelope, ...commit }: FrameEntry): Buffer {
  const body = Buffer.isBuffer(envelope)
    ? `"envelope":"${toBase64Url(envelope)}"`
    : `"size":${envelope.size.toString()}`
  const { externalPub, contextHash } = commit
  const beginning =
    externalPub && contextHash
      ? `,"externalPub":"${toBase64Url(externalPub)}","contextHash":"${toBase64Url(contextHash)}"`
      : ''
  return Buffer.from(
    `{"t":"message","conversation":"${conversation}","seq":${seq},"kind":"${kind}","id":"${id}","from":"${from}","at":${at},${body}${beginning}}`,
  )
}
