import { blobSource, type Client } from '@fastchat/client'
import { type ConversationId, type MessageId, toBase64Url } from '@fastchat/schema'
import type { Handlers } from '../call.ts'

/** A file that a person sends. A picture says its size, and has a preview. */
export type FileToSend = {
  readonly blob: Blob
  readonly name: string
  readonly picture?: { readonly width: number; readonly height: number; readonly thumbnail?: Uint8Array }
}

export type FileCalls = {
  sendFile: {
    input: { conversation: ConversationId; id: MessageId; file: FileToSend; caption?: string }
  }
  cancelFile: { input: { id: MessageId }; result: boolean }
  /** Fetches the file of a message and decrypts it. */
  fetchFile: { input: { id: MessageId }; result: Blob }
}

export const fileCalls = (client: Client): Handlers<FileCalls> => ({
  sendFile: async (input) => await sendFile(client, input),
  cancelFile: async ({ id }) => await client.files.cancel(id),
  fetchFile: async ({ id }) => await fetchFile(client, id),
})

/** Sends a file. Resolves when this device has stored it, encrypted; the upload goes on. */
async function sendFile(
  client: Client,
  { conversation, id, file, caption }: FileCalls['sendFile']['input'],
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
async function fetchFile(client: Client, id: MessageId): Promise<Blob> {
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
