import type { AttachmentId, Payload } from '@fastchat/schema'
import { downloadFile, uploadFile } from '../attachments.ts'
import { ClientError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import type { Entry } from '../store/records.ts'

type Forwarded = { readonly payload: Payload; readonly attachments: readonly AttachmentId[] }

/**
 * Returns a message as it is sent to another chat: marked as forwarded, without what belongs to its
 * own chat. A file is uploaded again under a new key: the server does not see that both are one,
 * and the members of one chat get no key of the other.
 *
 * @throws {ClientError} `cannot_forward`
 */
export async function forwarded(api: Api, { payload }: Entry, signal?: AbortSignal): Promise<Forwarded> {
  if (payload?.kind === 'text')
    return { payload: { v: 1, kind: 'text', text: payload.text, forwarded: true }, attachments: [] }
  if (payload === undefined || !('file' in payload)) throw new ClientError('cannot_forward')
  const { replyTo: _, mentions: __, expires: ___, ...rest } = payload
  const bytes = await downloadFile(api, payload.file)
  signal?.throwIfAborted()
  const { name, mime } = payload.file
  const file = await uploadFile(api, { bytes, name, mime })
  signal?.throwIfAborted()
  return { payload: { ...rest, file, forwarded: true }, attachments: [file.attachment] }
}
