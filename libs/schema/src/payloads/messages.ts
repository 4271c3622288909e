import { type Static, Type } from 'typebox'
import { type MessageId, MessageIdSchema, UserIdSchema } from '../ids.ts'
import { maxTextLetters, payload } from './payload-form.ts'

/** The most people that one message mentions. */
export const maxMentions = 50
/** The longest emoji, in code points: a family with skin tones, or the flag of a region. */
export const maxEmojiCodePoints = 16
/** The shortest and longest lives of a message that disappears, in seconds. */
export const minTimerSeconds = 30
export const maxTimerSeconds = 366 * 24 * 3600
/** A message may be edited for this long, by the times of the log. */
export const editableForMs = 24 * 3600 * 1000
/** The most messages that are pinned in one chat. */
export const maxPins = 25

const messageOf = (description: string) => Type.Unsafe<MessageId>({ ...MessageIdSchema, description })

/** The fields that every message to read may have. A reader of a former version ignores them. */
export const messageFields = {
  replyTo: Type.Optional(messageOf('The message of this chat that this one answers')),
  mentions: Type.Optional(
    Type.Array(UserIdSchema, { maxItems: maxMentions, description: 'The users that the text names with @' }),
  ),
  forwarded: Type.Optional(Type.Boolean({ description: 'The words are from another chat' })),
  expires: Type.Optional(
    Type.Integer({
      minimum: minTimerSeconds,
      maximum: maxTimerSeconds,
      description: "Seconds after which each device erases the message: the chat's timer, as its sender knew it",
    }),
  ),
}

const target = messageOf('The message that is meant')

/** The kinds that change how another message is shown, or the chat. None is a message to read. */
export const annotationPayloads = {
  edit: payload('edit', 'Another text for a message of the same user, or another caption for their file', {
    target,
    text: Type.String({ minLength: 1, maxLength: maxTextLetters }),
  }),
  delete: payload('delete', 'Deletes a message for everyone', { target }),
  reaction: payload('reaction', 'A reaction to a message, or its end', {
    target,
    emoji: Type.String({ minLength: 1, maxLength: maxEmojiCodePoints, description: 'One emoji (`RGI_Emoji`)' }),
    remove: Type.Optional(Type.Boolean({ description: 'Ends the reaction' })),
  }),
  pin: payload('pin', 'Pins a message, or ends that', { target, pinned: Type.Boolean() }),
  timer: payload('timer', 'Sets the time after which new messages disappear', {
    seconds: Type.Integer({ minimum: 0, maximum: maxTimerSeconds, description: '0 for never, or at least 30' }),
  }),
} as const

export type Annotation = {
  [K in keyof typeof annotationPayloads]: Static<(typeof annotationPayloads)[K]>
}[keyof typeof annotationPayloads]
