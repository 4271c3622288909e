import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { Files } from '../files/files.ts'
import type { TransferOptions } from '../files/transfer.ts'
import type { Entry } from '../store/records.ts'

type Parts = {
  readonly files: Pick<Files, 'download' | 'send'>
  readonly queue: (id: MessageId, payload: Payload) => Promise<void>
}
type To = { readonly conversation: ConversationId; readonly id: MessageId }

/**
 * Sends a message to another chat: marked as forwarded, without what belongs to its own chat. A
 * file is uploaded again under a new key: the server does not see that both are one, and the
 * members of one chat get no key of the other.
 *
 * @throws {ClientError} `cannot_forward`, `cancelled`, and the errors of `Files`
 */
export async function forward(
  { files, queue }: Parts,
  { payload }: Entry,
  { conversation, id }: To,
  options: TransferOptions = {},
): Promise<void> {
  if (payload?.kind === 'text') return await queue(id, { v: 1, kind: 'text', text: payload.text, forwarded: true })
  if (payload?.kind !== 'image' && payload?.kind !== 'file') throw new ClientError('cannot_forward')
  const { name, mime, size, read, discard } = await files.download(payload.file, options)
  try {
    const message = {
      ...{ id, fields: { forwarded: true } },
      ...(payload.caption !== undefined && { caption: payload.caption }),
      ...(payload.kind === 'image' && { picture: pictureOf(payload) }),
    }
    await files.send(conversation, { name, mime, size, open: read }, { ...message, ...options })
  } finally {
    await discard()
  }
}

const pictureOf = ({ width, height, thumbnail }: Extract<Payload, { kind: 'image' }>) => ({
  ...{ width, height },
  ...(thumbnail !== undefined && { thumbnail }),
})
