import { type Static, Type } from 'typebox'
import { AttachmentIdSchema, Bytes, FixedBytes } from './ids.ts'

const strict = { additionalProperties: false } as const

export const maxTextLetters = 8_000
export const maxThumbnailBytes = 12 * 1024

/** A file's whereabouts and key. `sha256` is over the ciphertext, `size` counts the plaintext. */
export const FileSchema = Type.Object(
  {
    attachment: AttachmentIdSchema,
    key: FixedBytes(32, 'AES-256-GCM key of this file alone'),
    sha256: FixedBytes(32, 'Of the ciphertext'),
    size: Type.Integer({ minimum: 0 }),
    name: Type.String({ minLength: 1, maxLength: 255 }),
    mime: Type.String({ minLength: 1, maxLength: 127 }),
  },
  strict,
)
export type FileRef = Static<typeof FileSchema>

/** What a message says; exists only inside the encryption. Unknown kinds are shown as such. */
export const payloads = {
  text: Type.Object(
    { v: Type.Literal(1), kind: Type.Literal('text'), text: Type.String({ minLength: 1, maxLength: maxTextLetters }) },
    strict,
  ),
  image: Type.Object(
    {
      v: Type.Literal(1),
      kind: Type.Literal('image'),
      file: FileSchema,
      width: Type.Integer({ minimum: 1 }),
      height: Type.Integer({ minimum: 1 }),
      thumbnail: Type.Optional(Bytes(maxThumbnailBytes, 'A small JPEG or WebP')),
      caption: Type.Optional(Type.String({ maxLength: maxTextLetters })),
    },
    strict,
  ),
  /** The conversation's name and topic, announced by its creator, by whoever changes them, and to whoever is added. */
  profile: Type.Object(
    {
      v: Type.Literal(1),
      kind: Type.Literal('profile'),
      name: Type.String({ minLength: 1, maxLength: 64 }),
      topic: Type.Optional(Type.String({ maxLength: 512 })),
    },
    strict,
  ),
} as const
export const PayloadSchema = Type.Union([payloads.text, payloads.image, payloads.profile])
export type Payload = Static<typeof PayloadSchema>
