import { type Static, Type } from 'typebox'
import { AttachmentIdSchema, Bytes, FixedBytes } from './ids.ts'
import { closed } from './objects.ts'
import { annotationPayloads, messageFields } from './payloads/messages.ts'
import { maxTextLetters, payload } from './payloads/payload-form.ts'
import { peoplePayloads } from './payloads/people.ts'
import { profileFields, sharedFields } from './payloads/roles.ts'

export const maxThumbnailBytes = 12 * 1024

/** A reference to an uploaded file. `sha256` is of the ciphertext, `size` of the plaintext. */
export const FileSchema = closed('File', {
  attachment: AttachmentIdSchema,
  key: FixedBytes(32, 'AES-256-GCM key that encrypts this file only'),
  sha256: FixedBytes(32, 'SHA-256 of the ciphertext'),
  size: Type.Integer({ minimum: 0, description: 'Bytes of the plaintext' }),
  name: Type.String({ minLength: 1, maxLength: 255 }),
  mime: Type.String({ minLength: 1, maxLength: 127 }),
})
export type FileRef = Static<typeof FileSchema>

/**
 * The contents of a message. They exist only inside the encryption. Readers ignore unknown fields,
 * and show an unknown kind as unknown.
 */
export const payloads = {
  text: payload('text', 'A text message', {
    text: Type.String({ minLength: 1, maxLength: maxTextLetters }),
    ...messageFields,
  }),
  image: payload('image', 'A picture, uploaded as an attachment', {
    file: FileSchema,
    width: Type.Integer({ minimum: 1, description: 'Pixels' }),
    height: Type.Integer({ minimum: 1, description: 'Pixels' }),
    thumbnail: Type.Optional(Bytes(maxThumbnailBytes, 'A small JPEG or WebP')),
    caption: Type.Optional(Type.String({ maxLength: maxTextLetters })),
    ...messageFields,
  }),
  file: payload('file', 'A file of any kind, uploaded as an attachment. It is never opened by itself', {
    file: FileSchema,
    caption: Type.Optional(Type.String({ maxLength: maxTextLetters })),
    ...messageFields,
  }),
  profile: payload(
    'profile',
    'Name, topic and picture of a group. The creator announces it, so does each admin who changes it, and each member who adds others. Readers take changes from admins only',
    profileFields,
  ),
  shared: payload(
    'shared',
    'Past messages that the sender passes on to new members, as the sender tells them. Others show one line about it',
    sharedFields,
  ),
  vote: payload('vote', "The sender's vote to replace the group's admins, who no longer have accounts", {
    sig: FixedBytes(64, "The sender's device's signature of the vote"),
  }),
  ...annotationPayloads,
  ...peoplePayloads,
} as const
export const PayloadSchema = Type.Union(Object.values(payloads))
export type Payload = { [K in keyof typeof payloads]: Static<(typeof payloads)[K]> }[keyof typeof payloads]
