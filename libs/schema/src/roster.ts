import { type Static, Type } from 'typebox'
import { KindSchema, RoleSchema, UserIdSchema } from './ids.ts'

/** More users than the MLS engine carries well in one group (each may have several devices). */
export const maxMembers = 250

/** Who belongs to a conversation, as every member's client and the server see it; lives in the MLS GroupContext. */
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
