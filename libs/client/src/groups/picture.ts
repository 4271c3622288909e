import { contentHash } from '@fastchat/crypto'
import { type ConversationId, fromBase64Url, maxPictureBytes, toBase64Url } from '@fastchat/schema'
import type { Store, Write } from '../store/store.ts'

/** The type of a picture, by its first bytes. Undefined for other files. */
export function pictureType(bytes: Uint8Array): 'image/jpeg' | 'image/webp' | undefined {
  const startsWith = (text: string, at: number) =>
    [...text].every((letter, n) => bytes[at + n] === letter.charCodeAt(0))
  if (startsWith('\u00ff\u00d8\u00ff', 0)) return 'image/jpeg'
  return startsWith('RIFF', 0) && startsWith('WEBP', 8) ? 'image/webp' : undefined
}

/** Returns the bytes of a picture that a message carries. Undefined when they are none. */
export function readPicture(picture: string): Uint8Array | undefined {
  try {
    const bytes = fromBase64Url(picture)
    return bytes.length <= maxPictureBytes && pictureType(bytes) ? bytes : undefined
  } catch {
    return undefined
  }
}

/** Returns the name of a picture in the record of its group. */
export const pictureHash = (bytes: Uint8Array): string => toBase64Url(contentHash(bytes))

const keyOf = (conversation: ConversationId): string => `picture/${conversation}`

/** Returns the write that keeps or removes the picture of a group. */
export const pictureWrite = (conversation: ConversationId, bytes: Uint8Array | undefined): Write => ({
  table: 'meta',
  key: keyOf(conversation),
  value: bytes,
})

/** Returns the picture of a group, or undefined when it has none. */
export const storedPicture = (
  store: Pick<Store, 'get'>,
  conversation: ConversationId,
): Promise<Uint8Array | undefined> => store.get('meta', keyOf(conversation))
