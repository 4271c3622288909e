import { ownerOf } from '@fastchat/crypto/verify'
import type { Head, Roster } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'

type Recorded = Pick<ConversationRecord, 'kind' | 'members' | 'policies' | 'banned'>

/** Returns the last roster that this device held lawful. */
export const rosterOfRecord = ({ kind, members, policies, banned }: Recorded): Roster => ({
  kind,
  members: [...members],
  ...(policies && { policies }),
  ...(banned && { banned: [...banned] }),
})

/** Returns the record with another roster, of the same kind. */
export function withRoster(record: ConversationRecord, { members, policies, banned }: Roster): ConversationRecord {
  const { policies: _, banned: __, ...rest } = record
  return { ...rest, members, ...(policies && { policies }), ...(banned && { banned }) }
}

/**
 * Returns a roster as the account state keeps it. Devices of the version before can read the first
 * part; the rest stands beside it.
 */
export function toHead(roster: Roster): Pick<Head, 'roster' | 'rules'> {
  const { kind, policies, banned } = roster
  const owner = ownerOf(roster)
  const members = roster.members.map((member) =>
    member.userId === owner ? { ...member, role: 'admin' as const } : member,
  )
  const hasRules = owner !== undefined || policies !== undefined || banned !== undefined
  const rules = { ...(owner && { owner }), ...(policies && { policies }), ...(banned && { banned }) }
  return { roster: { kind, members }, ...(hasRules && { rules }) }
}

/** Returns the roster of a head of the account state. */
export function rosterOfHead({ roster, rules = {} }: Pick<Head, 'roster' | 'rules'>): Roster {
  const { owner, policies, banned } = rules
  const members = roster.members.map((member) =>
    member.userId === owner ? { ...member, role: 'owner' as const } : member,
  )
  return { kind: roster.kind, members, ...(policies && { policies }), ...(banned?.length && { banned }) }
}
