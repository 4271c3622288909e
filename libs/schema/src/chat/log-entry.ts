import { type Static, Type } from 'typebox'
import { Bytes, ConversationIdSchema, DeviceIdSchema, FixedBytes, MessageIdSchema, SeqSchema } from '../ids.ts'
import { limits } from '../limits.ts'
import { open } from '../objects.ts'

/** The kinds of entries in the log of a conversation. */
export const EntryKindSchema = Type.Union([
  Type.Literal('application'),
  Type.Literal('commit'),
  Type.Literal('leave'),
  Type.Literal('revocation'),
])
export type EntryKind = Static<typeof EntryKindSchema>

export const logEntryFields = {
  conversation: ConversationIdSchema,
  seq: SeqSchema,
  kind: EntryKindSchema,
  id: MessageIdSchema,
  from: DeviceIdSchema,
  at: Type.Integer({
    description: "Milliseconds since 1970 by the server's clock; for display only",
    examples: [1_767_225_600_000],
  }),
  envelope: Type.Optional(
    Bytes(
      limits.maxCommitBytes,
      'MLSMessage, leave statement or revocation. Absent from a commit that has a `size` instead',
    ),
  ),
  size: Type.Optional(
    Type.Integer({
      description: 'Only in a commit above `maxInlineEnvelopeBytes`: bytes of its envelope, to be fetched over HTTP',
    }),
  ),
  externalPub: Type.Optional(
    FixedBytes(32, "Only in a commit: the external key in its group info; members compare it with their group's key"),
  ),
  contextHash: Type.Optional(FixedBytes(32, 'Only in a commit: SHA-256 of the GroupContext of the new epoch')),
}
export const LogEntrySchema = open('LogEntry', logEntryFields)
export type LogEntry = Static<typeof LogEntrySchema>
