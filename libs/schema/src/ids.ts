/**
 * Identifiers of the domain. Distinct types so that the compiler refuses to mix them; on the wire an id is a UUID
 * in lower case and a number is a JSON number (exact up to 2^53, which no sequence reaches).
 */
import { type Static, Type } from 'typebox'

declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

export type UserId = Brand<string, 'UserId'>
export type DeviceId = Brand<string, 'DeviceId'>
export type ConversationId = Brand<string, 'ConversationId'>
export type AttachmentId = Brand<string, 'AttachmentId'>
/** The sender's own id of a message (UUIDv7): a retry carries the same one, so it is stored once. */
export type MessageId = Brand<string, 'MessageId'>
/** Position in a conversation's log: dense, from 1. */
export type Seq = Brand<number, 'Seq'>
/** MLS epoch of a group: from 0, plus one with each commit (RFC 9420 §8). */
export type Epoch = Brand<number, 'Epoch'>
/** Which of a conversation's successive MLS groups: from 1. */
export type GroupNo = Brand<number, 'GroupNo'>

/** A UUID of version 1 to 8 (RFC 9562) in lower case. */
export const uuidPattern = '^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$'
const uuid = <T>(description: string) => Type.Unsafe<T>({ type: 'string', pattern: uuidPattern, description })
const count = <T>(minimum: number, description: string) =>
  Type.Unsafe<T>({ type: 'integer', minimum, maximum: Number.MAX_SAFE_INTEGER, description })

export const UserIdSchema = uuid<UserId>('A user')
export const DeviceIdSchema = uuid<DeviceId>('A device; chosen by the device itself (UUIDv7)')
export const ConversationIdSchema = uuid<ConversationId>('A conversation')
export const AttachmentIdSchema = uuid<AttachmentId>('An attachment; chosen by the uploader (UUIDv7)')
export const MessageIdSchema = uuid<MessageId>("The sender's id of a message or commit (UUIDv7)")
export const SeqSchema = count<Seq>(1, 'Position in the log of a conversation')
/** A cursor: the last position read, so 0 before the first. */
export const CursorSchema = count<Seq>(0, 'The last position read; 0 when none')
export const EpochSchema = count<Epoch>(0, 'MLS epoch')
export const GroupNoSchema = count<GroupNo>(1, "Which of the conversation's successive MLS groups")

/** Bytes on the wire: base64url without padding (RFC 4648 §5). `maxBytes` counts the bytes, not the letters. */
export const Bytes = (maxBytes: number, description: string) =>
  Type.String({ pattern: '^[A-Za-z0-9_-]*$', maxLength: Math.ceil((maxBytes * 4) / 3), description })

/** Exactly `length` bytes as base64url. */
export const FixedBytes = (length: number, description: string) => {
  const letters = Math.ceil((length * 4) / 3)
  return Type.String({ pattern: '^[A-Za-z0-9_-]*$', minLength: letters, maxLength: letters, description })
}

export const RoleSchema = Type.Union([Type.Literal('admin'), Type.Literal('member')], {
  description: 'Role of a member',
})
export type Role = Static<typeof RoleSchema>

export const KindSchema = Type.Union([Type.Literal('direct'), Type.Literal('group')], {
  description: 'Kind of conversation',
})
export type ConversationKind = Static<typeof KindSchema>
