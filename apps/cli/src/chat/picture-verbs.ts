import type { Client } from '@fastchat/client'
import type { MessageId } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'

/** The largest picture that is downloaded to be shown. A larger one is saved. */
const maxShownBytes = 16 * 1024 * 1024

type One = { readonly id: MessageId }

/** The verbs of a device about pictures in messages. The bytes are in base64, as they were sent. */
export type PictureVerbs = {
  /** Returns the small picture that is in the message itself. Null: it has none. */
  thumbnail(args: One): Promise<string | null>
  /** Downloads the picture of a message. @throws {CliError} `nothing_to_show`, `too_large` */
  messagePicture(args: One): Promise<string>
}

export const isPictureVerb: Readonly<Record<keyof PictureVerbs, true>> = { thumbnail: true, messagePicture: true }

/** Returns these verbs on the device of this process. */
export function pictureVerbs(client: Client): PictureVerbs {
  const imageOf = async (id: MessageId) => {
    const entry = await client.entry(id)
    // Nothing of a blocked person is shown.
    const isShown = client.people.viewOf(entry) === 'shown' && !entry.annotations?.deleted
    return isShown && entry.payload?.kind === 'image' ? entry.payload : undefined
  }
  return {
    async thumbnail({ id }) {
      return (await imageOf(id))?.thumbnail ?? null
    },
    async messagePicture({ id }) {
      const image = await imageOf(id)
      if (!image) throw new CliError('nothing_to_show', 'This message has no picture, so there is nothing to show')
      if (image.file.size > maxShownBytes)
        throw new CliError('too_large', 'This picture is too large to be shown. Save it with /save, or fastchat save')
      const file = await client.files.download(image.file)
      try {
        const parts: Uint8Array[] = []
        for await (const part of file.read()) parts.push(part)
        return Buffer.concat(parts).toString('base64')
      } finally {
        await file.discard()
      }
    },
  }
}
