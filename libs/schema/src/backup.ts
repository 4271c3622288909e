import { type Static, Type } from 'typebox'
import {
  ConversationIdSchema,
  DeviceIdSchema,
  FixedBytes,
  KindSchema,
  SeqSchema,
  UserIdSchema,
  uuidPattern,
} from './ids.ts'
import { open } from './objects.ts'

declare const segment: unique symbol
/** The id of a sealed segment of a backup. */
export type BackupSegmentId = string & { readonly [segment]: true }

export const BackupSegmentIdSchema = Type.Unsafe<BackupSegmentId>({
  type: 'string',
  pattern: uuidPattern,
  description: 'A segment of a backup; the device that makes it chooses its id',
  examples: ['0195f3a0-7c00-7000-8000-000000000009'],
})

const GenerationSchema = Type.Integer({ minimum: 1, description: 'The number of a backup key; a revocation adds one' })
const SealedKeySchema = FixedBytes(60, 'A backup key, sealed: nonce ‖ ciphertext ‖ tag')

/** A backup key, sealed for the password and for each device that was signed in. */
export const BackupKeySchema = open('BackupKey', {
  generation: GenerationSchema,
  account: SealedKeySchema,
  devices: Type.Record(Type.String({ pattern: uuidPattern }), SealedKeySchema, { additionalProperties: false }),
})
export type BackupKey = Static<typeof BackupKeySchema>

/** The bytes that auth keeps for a backup: its keys, and the index sealed under the newest. */
export const StoredBackupSchema = open('StoredBackup', {
  v: Type.Literal(1),
  keys: Type.Array(BackupKeySchema, { minItems: 1 }),
  index: Type.String({ description: 'The sealed index, base64url' }),
})
export type StoredBackup = Static<typeof StoredBackupSchema>

/** First and last position of a part of a log. */
export const BackupRangeSchema = Type.Tuple([SeqSchema, SeqSchema])

/** One segment, as the index of a backup describes it. */
export const IndexedSegmentSchema = open('IndexedSegment', {
  id: BackupSegmentIdSchema,
  conversation: ConversationIdSchema,
  generation: GenerationSchema,
  ranges: Type.Array(BackupRangeSchema, { minItems: 1, description: 'The positions that it covers, ascending' }),
  count: Type.Integer({ minimum: 0, description: 'Lines' }),
  size: Type.Integer({ minimum: 1, description: 'Bytes, sealed' }),
  sha256: FixedBytes(32, 'SHA-256 of the sealed bytes'),
})
export type IndexedSegment = Static<typeof IndexedSegmentSchema>

/** The facts about a chat that a device without it shows. */
export const BackedUpChatSchema = open('BackedUpChat', {
  kind: KindSchema,
  at: Type.Integer({ minimum: 0, description: 'Time of the last line, in milliseconds since 1970' }),
  name: Type.Optional(Type.String()),
  peer: Type.Optional(UserIdSchema),
  members: Type.Array(open('BackedUpMember', { userId: UserIdSchema, role: Type.String() })),
})
export type BackedUpChat = Static<typeof BackedUpChatSchema>

/** The index of a backup. Devices merge it, and a covered range never shrinks. */
export const BackupIndexSchema = open('BackupIndex', {
  v: Type.Literal(1),
  n: Type.Integer({ minimum: 0, description: 'Each index has a higher number than every index before it' }),
  segments: Type.Array(IndexedSegmentSchema),
  revoked: Type.Array(DeviceIdSchema, { description: 'Devices that get no new key' }),
  chats: Type.Record(Type.String({ pattern: uuidPattern }), BackedUpChatSchema, { additionalProperties: false }),
  forgotten: Type.Optional(
    Type.Record(Type.String({ pattern: uuidPattern }), SeqSchema, {
      description: 'Chats that the account has forgotten, each up to this position',
      additionalProperties: false,
    }),
  ),
  switched: Type.Optional(
    open('BackupSwitch', {
      isOn: Type.Boolean(),
      at: Type.Integer({ minimum: 0, description: 'When a device switched it, in milliseconds since 1970' }),
    }),
  ),
})
export type BackupIndex = Static<typeof BackupIndexSchema>

/** The newest backup that a device of the account has seen, in the account state. */
export const BackupHeadSchema = open('BackupHead', {
  n: Type.Integer({ minimum: 0, description: 'The number of the index' }),
  generation: GenerationSchema,
})
export type BackupHead = Static<typeof BackupHeadSchema>
