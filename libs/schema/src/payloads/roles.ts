import { type Static, Type } from 'typebox'
import { Bytes, MessageIdSchema, UserIdSchema } from '../ids.ts'
import { maxLabelCodePoints } from '../names/label.ts'

export const maxTopicLetters = 512
/** The most bytes of a group's picture. It travels inside one message, with the group's name. */
export const maxPictureBytes = 16 * 1024
/** The most past messages that are shared at once. */
export const maxSharedMessages = 100
/** The most messages of the log that one sharing takes. */
export const maxSharedParts = 8
/** The most members to whom one sharing is addressed. */
export const maxSharedWith = 50

/** Returns a topic as it is kept: on one line, without controls, cut to `maxTopicLetters`. */
export const topicOf = (written: string): string =>
  written
    .slice(0, 2 * maxTopicLetters)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, maxTopicLetters)

/** The fields of a payload that announces a group's name, topic and picture. */
export const profileFields = {
  name: Type.String({ minLength: 1, maxLength: maxLabelCodePoints }),
  topic: Type.Optional(
    Type.String({ maxLength: maxTopicLetters, description: 'An empty topic removes it. Absent: it stays' }),
  ),
  picture: Type.Optional(Bytes(maxPictureBytes, 'A small JPEG or WebP. An empty picture removes it. Absent: it stays')),
}

/** A past message, as the member who shares it tells it. Its author has signed nothing here. */
export const SharedMessageSchema = Type.Object(
  {
    from: UserIdSchema,
    at: Type.Integer({ minimum: 0, description: 'Milliseconds since 1970' }),
    text: Type.String({ minLength: 1, maxLength: 8_000 }),
    id: Type.Optional(MessageIdSchema),
  },
  { additionalProperties: false, title: 'SharedMessage' },
)
export type SharedMessage = Static<typeof SharedMessageSchema>

/** The fields of a payload that shares past messages with new members. */
export const sharedFields = {
  to: Type.Array(UserIdSchema, { minItems: 1, maxItems: maxSharedWith, description: 'The new members' }),
  count: Type.Integer({ minimum: 1, maximum: maxSharedMessages, description: 'The messages of all parts' }),
  part: Type.Integer({ minimum: 1, maximum: maxSharedParts, description: 'Counts from 1' }),
  parts: Type.Integer({ minimum: 1, maximum: maxSharedParts }),
  messages: Type.Array(SharedMessageSchema, { minItems: 1, maxItems: maxSharedMessages, description: 'Oldest first' }),
}
