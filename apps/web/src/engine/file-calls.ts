import { blobSource, type Client } from '@fastchat/client'
import { type MessageId, toBase64Url } from '@fastchat/schema'
import type { Calls } from './protocol.ts'

/** Sends a file. Resolves when this device has stored it, encrypted; the upload goes on. */
export async function sendFile(
  client: Client,
  { conversation, id, file, caption }: Calls['sendFile']['input'],
): Promise<void> {
  const { blob, name, picture } = file
  const { width = 0, height = 0, thumbnail } = picture ?? {}
  const stored = Promise.withResolvers<void>()
  client.files
    .send(conversation, blobSource(blob, name), {
      id,
      ...(caption !== undefined && { caption }),
      ...(picture && {
        picture: { width, height, ...(thumbnail && { thumbnail: toBase64Url(thumbnail) }) },
      }),
      onProgress: ({ stage }) => {
        if (stage === 'uploading') stored.resolve()
      },
    })
    .then(stored.resolve, stored.reject)
  await stored.promise
}

/** Fetches the file of a message and decrypts it. */
export async function fetchFile(client: Client, id: MessageId): Promise<Blob> {
  const { payload } = await client.entry(id)
  if (payload?.kind !== 'image' && payload?.kind !== 'file') throw new Error('this message has no file')
  const file = await client.files.download(payload.file)
  const pieces: Uint8Array<ArrayBuffer>[] = []
  for await (const piece of file.read()) pieces.push(piece.slice())
  await file.discard()
  return new Blob(pieces, { type: shownTypes.has(file.mime) ? file.mime : 'application/octet-stream' })
}

/** Only these types are given to the page: a browser shows them, and runs nothing in them. */
const shownTypes: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/avif'])
