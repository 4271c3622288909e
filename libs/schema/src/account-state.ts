import { type Static, Type } from 'typebox'
import { KeySchema } from './account.ts'
import { BackupHeadSchema } from './backup.ts'
import { EpochSchema, FixedBytes, GroupNoSchema, SeqSchema, UserIdSchema, uuidPattern } from './ids.ts'
import { UsernameSchema } from './names/username.ts'
import { open } from './objects.ts'
import { payloads } from './payload.ts'
import { CardSchema, ChatDecisionSchema, PersonDecisionsSchema } from './people.ts'
import { maxBanned, PoliciesSchema, RosterSchema } from './roster.ts'

// The ids are plain strings here: for a branded key Type.Record makes a schema that checks nothing.
const byId = Type.String({ pattern: uuidPattern })

/** A pin holds the facts about a user that a device relies on from the first time it sees them. */
export const SharedPinSchema = open('SharedPin', {
  accountKey: Type.Optional(KeySchema),
  username: Type.Optional(UsernameSchema),
  deleted: Type.Optional(Type.Literal(true)),
})
export type SharedPin = Static<typeof SharedPinSchema>

/** The name of a group and its position in the log. A later announcement replaces it. */
export const SharedProfileSchema = open('SharedProfile', {
  name: payloads.profile.properties.name,
  seq: SeqSchema,
})
export type SharedProfile = Static<typeof SharedProfileSchema>

/**
 * The rules that only a roster of version 2 has. `roster` has the owner as an admin, so that a
 * device of the version before can read the head.
 */
export const HeadRulesSchema = open('HeadRules', {
  owner: Type.Optional(UserIdSchema),
  policies: Type.Optional(PoliciesSchema),
  banned: Type.Optional(Type.Array(UserIdSchema, { maxItems: maxBanned })),
})

/** The last state of a conversation's group that a device of the account found lawful. */
export const HeadSchema = open('Head', {
  groupNo: GroupNoSchema,
  epoch: EpochSchema,
  contextHash: FixedBytes(32, 'SHA-256 of the GroupContext (RFC 9420 §8.1)'),
  roster: RosterSchema,
  rules: Type.Optional(HeadRulesSchema),
  profile: Type.Optional(SharedProfileSchema),
})
export type Head = Static<typeof HeadSchema>

/**
 * The devices of one account share this as JSON. The server sees it sealed only. A device that
 * writes it keeps the fields that it does not know.
 */
export const AccountStateContentsSchema = open('AccountStateContents', {
  v: Type.Literal(1),
  pins: Type.Record(byId, SharedPinSchema, { description: 'Pins by user id', additionalProperties: false }),
  heads: Type.Record(byId, HeadSchema, { description: 'Heads by conversation id', additionalProperties: false }),
  people: Type.Optional(
    Type.Record(byId, PersonDecisionsSchema, { description: 'Decisions by user id', additionalProperties: false }),
  ),
  chats: Type.Optional(
    Type.Record(byId, ChatDecisionSchema, { description: 'Decisions by conversation id', additionalProperties: false }),
  ),
  card: Type.Optional(CardSchema),
  backup: Type.Optional(BackupHeadSchema),
})
export type AccountStateContents = Static<typeof AccountStateContentsSchema>
