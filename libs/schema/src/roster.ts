import { type Static, Type } from 'typebox'
import { KindSchema, RoleSchema, UserIdSchema } from './ids.ts'

/** The most users in one group, each with several devices. The MLS engine is slow at this size. */
export const maxMembers = 250

/**
 * The members of a conversation, as every client and the server see them. The roster is part of the
 * MLS GroupContext.
 */
export const RosterSchema = Type.Object(
  {
    kind: KindSchema,
    members: Type.Array(Type.Object({ userId: UserIdSchema, role: RoleSchema }, { additionalProperties: false }), {
      minItems: 1,
      maxItems: maxMembers,
    }),
  },
  { additionalProperties: false, title: 'Roster', description: 'Members by ascending userId, each once' },
)
export type Roster = Static<typeof RosterSchema>
export type RosterMember = Roster['members'][number]
