/**
 * The identifiers of the domain are distinct types, so the compiler refuses to mix them. On the
 * wire an id is a UUID in lower case and a number is a JSON number. JSON numbers are exact up to
 * 2^53, which no sequence reaches.
 */
import { type Static, Type } from 'typebox'
import { toBase64Url } from './base64url.ts'

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

export type UserId = Brand<string, 'UserId'>
export type DeviceId = Brand<string, 'DeviceId'>
export type ConversationId = Brand<string, 'ConversationId'>
export type AttachmentId = Brand<string, 'AttachmentId'>
/** The sender chooses the id of a message (UUIDv7). A retry has the same id: it is stored once. */
export type MessageId = Brand<string, 'MessageId'>
/** A position in the log of a conversation: without gaps, from 1. */
export type Seq = Brand<number, 'Seq'>
/** The MLS epoch of a group: from 0, plus one with each commit (RFC 9420 §8). */
export type Epoch = Brand<number, 'Epoch'>
/** The number of an MLS group among the successive groups of one conversation: from 1. */
export type GroupNo = Brand<number, 'GroupNo'>

/** A UUID of version 1 to 8 (RFC 9562) in lower case. */
export const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
/** A UUIDv7 in lower case: its first 48 bits are the time at which it was made. */
export const uuidV7Pattern = uuidPattern.replace('[1-8]', '7')
const exampleId = (last: number) => `0195f3a0-7c00-7000-8000-00000000000${last}`
const uuid = <T>(description: string, last: number, pattern = uuidPattern) =>
  Type.Unsafe<T>({ type: 'string', pattern, description, examples: [exampleId(last)] })
const count = <T>(minimum: number, description: string) =>
  Type.Unsafe<T>({ type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER, description })

export const UserIdSchema = uuid<UserId>('A user', 1)
export const DeviceIdSchema = uuid<DeviceId>('A device; the device chooses its id', 2)
export const ConversationIdSchema = uuid<ConversationId>('A conversation', 3)
export const AttachmentIdSchema = uuid<AttachmentId>('An attachment; the uploader chooses its id', 4)
export const MessageIdSchema = uuid<MessageId>(
  "The sender's id of a message or commit: a UUIDv7, whose time says how old it is",
  5,
  uuidV7Pattern,
)
export const SeqSchema = count<Seq>(1, 'Position in the log of a conversation')
/** A cursor is the last position read: 0 before the first entry. */
export const CursorSchema = count<Seq>(0, 'The last position read; 0 before the first entry')
export const EpochSchema = count<Epoch>(0, 'MLS epoch')
export const GroupNoSchema = count<GroupNo>(1, "Number of the group among the conversation's successive MLS groups")

const letter = '[A-Za-z0-9_-]'
/** The last letters when one or two bytes are left over: their spare bits are zero. */
const oneByte = `${letter}[AQgw]`
const twoBytes = `${letter}{2}[AEIMQUYcgkosw048]`
const tails = ['', oneByte, twoBytes] as const

/** Base64url without padding, in its one canonical form (RFC 4648 §3.5, §5). */
export const base64UrlPattern = `^(?:${letter}{4})*(?:${oneByte}|${twoBytes})?$`
const exampleBytes = (length: number) => toBase64Url(Uint8Array.from({ length }, (_, at) => at))

/** Describes bytes on the wire as base64url. `maxBytes` counts the bytes, not the letters. */
export const Bytes = (maxBytes: number, description: string) =>
  Type.String({
    pattern: base64UrlPattern,
    maxLength: Math.ceil((maxBytes * 4) / 3),
    description,
    examples: [exampleBytes(Math.min(maxBytes, 12))],
  })

/** Describes exactly `length` bytes as base64url. */
export const FixedBytes = (length: number, description: string) => {
  const whole = Math.floor(length / 3) * 4
  const letters = Math.ceil((length * 4) / 3)
  const pattern = `^${letter}{${whole}}${tails[length % 3]}$`
  return Type.String({
    pattern,
    minLength: letters,
    maxLength: letters,
    description,
    examples: [exampleBytes(length)],
  })
}

export const RoleSchema = Type.Union([Type.Literal('owner'), Type.Literal('admin'), Type.Literal('member')], {
  description: 'Role of a member. A group has one owner at most',
})
export type Role = Static<typeof RoleSchema>

export const KindSchema = Type.Union([Type.Literal('direct'), Type.Literal('group')], {
  description: 'Kind of conversation',
})
export type ConversationKind = Static<typeof KindSchema>
