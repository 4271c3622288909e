import type { Group, Member } from '@fastchat/crypto'
import {
  holdersOf,
  membersOfTree,
  officeFor,
  rosterAfterDepartures,
  rosterAfterElection,
  sameRoster,
  type Vote,
} from '@fastchat/crypto/verify'
import { fromBase64Url, type Roster, type UserId } from '@fastchat/schema'
import { refuseOldDevices } from '../groups/old-devices.ts'
import { refuseBanned, withBans, withoutBans, withPolicies, withRole } from '../groups/plan-roster.ts'
import type { ConversationRecord, IntentRecord, MembershipChange } from '../store/records.ts'
import type { Context } from './context.ts'
import { votesToCommit } from './election.ts'

type Plan = { add: Uint8Array[]; remove: number[]; roster?: Roster; votes?: Vote[] }

/** Returns the commit that a change needs, or undefined when the group is already as wanted. */
export function planChange(
  { pins, identity }: Context,
  change: Exclude<MembershipChange, { kind: 'create' | 'join' | 'restart' }>,
  group: Group,
  record: ConversationRecord,
  intent: IntentRecord,
): Plan | undefined {
  const { departed, revoked = [] } = record
  const leaves = group.members()
  const gone = new Set<UserId>(departed)
  const base = rosterAfterDepartures(group.roster, departed)
  const unused = change.kind === 'leaves' ? change.deviceIds : []
  const isUnused = ({ userId, deviceId }: Pick<Member, 'userId' | 'deviceId'>) =>
    userId === identity.userId && deviceId !== identity.deviceId && unused.includes(deviceId)
  const isGone = (leaf: Pick<Member, 'userId' | 'deviceId'>) =>
    gone.has(leaf.userId) || revoked.includes(leaf.deviceId) || isUnused(leaf)
  const mustPrune = base.members.length < group.roster.members.length || leaves.some(isGone)
  const add: Uint8Array[] = []
  let roster = base
  if (change.kind === 'add') {
    const fresh = change.userIds.filter((userId) => !base.members.some((member) => member.userId === userId))
    refuseBanned(base, fresh, (userId) => pins.nameOf(userId))
    roster = { ...base, members: [...base.members, ...fresh.map((userId) => ({ userId, role: 'member' as const }))] }
    add.push(
      ...intent.keyPackages
        .filter(({ userId }) => fresh.includes(userId))
        .map(({ keyPackage }) => fromBase64Url(keyPackage)),
    )
  }
  if (change.kind === 'remove') {
    for (const userId of change.userIds) gone.add(userId)
    roster = { ...base, members: base.members.filter(({ userId }) => !gone.has(userId)) }
    if (change.ban) roster = withBans(roster, change.userIds)
  }
  if (change.kind === 'role') roster = withRole(base, change)
  if (change.kind === 'policies') roster = withPolicies(base, change.policies)
  if (change.kind === 'unban') roster = withoutBans(base, change.userIds)
  const office = change.kind === 'elect' ? officeFor(group.roster, identity.userId) : undefined
  if (change.kind === 'elect' && office === undefined) return undefined
  if (office !== undefined) {
    for (const userId of holdersOf(group.roster, office)) gone.add(userId)
    roster = rosterAfterElection(group.roster, departed, office)
  }
  if (!mustPrune && change.kind !== 'elect' && sameRoster(roster, base))
    return change.kind === 'update' ? { add, remove: [] } : undefined
  const stay = membersOfTree(group.publicGroup.tree).filter((leaf) => !isGone(leaf))
  refuseOldDevices({ before: group.roster, after: roster, leaves: stay }, (userId) => pins.nameOf(userId))
  const remove = leaves.filter(isGone).map(({ leafIndex }) => leafIndex)
  const votes = office === undefined ? {} : { votes: votesToCommit(record, office) }
  return { add, remove, roster, ...votes }
}
