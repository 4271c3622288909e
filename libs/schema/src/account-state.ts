import { type Static, Type } from 'typebox'
import { KeySchema } from './account.ts'
import { EpochSchema, FixedBytes, GroupNoSchema, SeqSchema, uuidPattern } from './ids.ts'
import { UsernameSchema } from './names/username.ts'
import { open } from './objects.ts'
import { payloads } from './payload.ts'
import { RosterSchema } from './roster.ts'

// A branded key is not one that Type.Record sees through: it would check nothing.
const byId = Type.String({ pattern: uuidPattern })

/** What a device has pinned of a user. */
export const SharedPinSchema = open('SharedPin', {
  accountKey: Type.Optional(KeySchema),
  username: Type.Optional(UsernameSchema),
  deleted: Type.Optional(Type.Literal(true)),
})
export type SharedPin = Static<typeof SharedPinSchema>

/** The name of a group, and the position in its log where it was announced. A later announcement replaces it. */
export const SharedProfileSchema = open('SharedProfile', {
  name: payloads.profile.properties.name,
  seq: SeqSchema,
})
export type SharedProfile = Static<typeof SharedProfileSchema>

/** The last state of a conversation's group that a device of the account held lawful. */
export const HeadSchema = open('Head', {
  groupNo: GroupNoSchema,
  epoch: EpochSchema,
  contextHash: FixedBytes(32, 'SHA-256 of the GroupContext (RFC 9420 §8.1)'),
  roster: RosterSchema,
  profile: Type.Optional(SharedProfileSchema),
})
export type Head = Static<typeof HeadSchema>

/** What the devices of one account share, as JSON; the server sees it sealed only. Readers keep fields that they do not know. */
export const AccountStateContentsSchema = open('AccountStateContents', {
  v: Type.Literal(1),
  pins: Type.Record(byId, SharedPinSchema, { description: 'By user', additionalProperties: false }),
  heads: Type.Record(byId, HeadSchema, { description: 'By conversation', additionalProperties: false }),
})
export type AccountStateContents = Static<typeof AccountStateContentsSchema>
