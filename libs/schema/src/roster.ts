import { type Static, Type } from 'typebox'
import { KindSchema, RoleSchema, UserIdSchema } from './ids.ts'

/** The most users in one group, each with several devices. The MLS engine is slow at this size. */
export const maxMembers = 250
/** The largest number of banned users of a group. Each takes 39 bytes in every group info. */
export const maxBanned = 100

/** The rules of one group that differ from the usual ones. An absent rule is the usual one. */
export const PoliciesSchema = Type.Object(
  {
    add: Type.Optional(Type.Literal('everybody', { description: 'Every member may add people, not only admins' })),
    write: Type.Optional(Type.Literal('admins', { description: 'Only the owner and admins may write' })),
  },
  { additionalProperties: false, description: 'Who may add people, and who may write' },
)
export type Policies = Static<typeof PoliciesSchema>

/**
 * The members of a conversation, as every client and the server see them. The roster is part of the
 * MLS GroupContext. An owner, policies and bans make it a roster of version 2.
 */
export const RosterSchema = Type.Object(
  {
    kind: KindSchema,
    members: Type.Array(Type.Object({ userId: UserIdSchema, role: RoleSchema }, { additionalProperties: false }), {
      minItems: 1,
      maxItems: maxMembers,
    }),
    policies: Type.Optional(PoliciesSchema),
    banned: Type.Optional(
      Type.Array(UserIdSchema, {
        minItems: 1,
        maxItems: maxBanned,
        description: 'Users who may not be added, each once',
      }),
    ),
  },
  { additionalProperties: false, title: 'Roster', description: 'Members in the order in which they joined, each once' },
)
export type Roster = Static<typeof RosterSchema>
export type RosterMember = Roster['members'][number]
