import { type Static, Type } from 'typebox'
import { BackedUpChatSchema, BackupRangeSchema } from './backup.ts'
import { AttachmentIdSchema, Bytes, ConversationIdSchema, DeviceIdSchema, FixedBytes, uuidPattern } from './ids.ts'
import { open } from './objects.ts'

/** The parts of one handover: the newest lines of all chats first. */
export const maxHandoverParts = 8
/** Asks of several new devices of one account stand beside each other. */
export const handoverSlots = 4
/** The sealed list of the parts: each has two ids, two keys and a size. */
const maxSealedBytes = 2_048

const SignatureSchema = FixedBytes(64, 'The signature of the device')
const AskIdSchema = Type.String({ pattern: uuidPattern, description: 'The ask; the new device chooses it' })

/** A new device asks its own devices for their history, in an own record. */
export const HandoverAskSchema = open('HandoverAsk', {
  v: Type.Literal(1),
  id: AskIdSchema,
  device: DeviceIdSchema,
  key: FixedBytes(32, 'X25519 key of this ask alone'),
  sig: SignatureSchema,
})
export type HandoverAsk = Static<typeof HandoverAskSchema>

/** A device answers an ask: it has uploaded its history, sealed for the new device alone. */
export const HandoverAnswerSchema = open('HandoverAnswer', {
  v: Type.Literal(1),
  id: AskIdSchema,
  device: DeviceIdSchema,
  key: FixedBytes(32, 'X25519 key of this answer alone'),
  sealed: Bytes(maxSealedBytes, 'The parts, sealed under the key that both derive'),
  sig: SignatureSchema,
})
export type HandoverAnswer = Static<typeof HandoverAnswerSchema>

/** An attachment with a part of the history. */
export const HandoverPartSchema = open('HandoverPart', {
  attachment: AttachmentIdSchema,
  key: FixedBytes(32, 'AES-256-GCM key of the attachment'),
  sha256: FixedBytes(32, 'SHA-256 of its ciphertext'),
  size: Type.Integer({ minimum: 0 }),
})
export type HandoverPart = Static<typeof HandoverPartSchema>

/** The parts so far. With `isWhole` there are no more. */
export const HandoverPartsSchema = open('HandoverParts', {
  v: Type.Literal(1),
  parts: Type.Array(HandoverPartSchema, { maxItems: maxHandoverParts }),
  isWhole: Type.Boolean(),
})
export type HandoverParts = Static<typeof HandoverPartsSchema>

/** A piece of one chat in a part, in the form of a segment of the backup. */
export const HandedChatSchema = open('HandedChat', {
  conversation: ConversationIdSchema,
  ranges: Type.Array(BackupRangeSchema, { minItems: 1, description: 'The positions that it covers, ascending' }),
  lines: Type.Array(Type.Unknown()),
  about: BackedUpChatSchema,
})
export type HandedChat = Static<typeof HandedChatSchema>

/** The contents of a part, as JSON that is compressed and padded. */
export const HandoverContentsSchema = open('HandoverContents', {
  v: Type.Literal(1),
  chats: Type.Array(HandedChatSchema),
})
export type HandoverContents = Static<typeof HandoverContentsSchema>
