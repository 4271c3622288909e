import { Group } from '@fastchat/crypto'
import { rosterAfterDepartures } from '@fastchat/crypto/verify'
import { chatOperations, fromBase64Url, type Role, type Roster, type UserId } from '@fastchat/schema'
import { areNew, readersOf } from '../groups/old-devices.ts'
import { withRole } from '../groups/plan-roster.ts'
import { rosterOfRecord } from '../groups/roster-of-record.ts'
import type { ConversationRecord, IntentRecord } from '../store/records.ts'
import { type Attempt, packed } from './attempt.ts'
import type { Context } from './context.ts'

/** Returns the roster of the first group of a conversation with these users. */
export function newRoster(context: Context, userIds: readonly UserId[], { kind }: ConversationRecord): Roster {
  const me = context.identity.userId
  // The creator of a group comes first. In a direct chat both users make the same roster.
  const all = kind === 'group' ? [...new Set([me, ...userIds])] : [...new Set([me, ...userIds])].sort()
  const role = (userId: UserId): Role => (kind === 'group' && userId === me ? 'admin' : 'member')
  return { kind, members: all.map((userId) => ({ userId, role: role(userId) })) }
}

/** Makes the first commit of a group: it adds the users of `roster` by the claimed key packages. */
export async function createAttempt(
  context: Context,
  intent: IntentRecord,
  record: ConversationRecord,
  roster: Roster,
  groupNo: number,
): Promise<Attempt> {
  const { identity, pins } = context
  const alone = await Group.create({
    conversation: record.conversation,
    groupNo: groupNo as Group['groupNo'],
    identity,
    kind: record.kind,
  })
  const users = new Set(roster.members.map(({ userId }) => userId))
  const add = intent.keyPackages
    .filter(({ userId }) => users.has(userId))
    .map(({ keyPackage }) => fromBase64Url(keyPackage))
  const isOwned = groupNo === 1 && roster.kind === 'group' && (await areNew(add))
  const first = isOwned ? withRole(roster, { userId: identity.userId, role: 'owner' }) : roster
  const readers = await readersOf(first, add)
  return packed(context, groupNo, 0, await alone.commit({ add: readers, roster: first, trust: pins.trust }))
}

/**
 * Makes the first commit of the next group. A restored server chooses the group's number: it waits
 * at epoch 0 of a group that does not exist. It may not know the latest changes of members. So the
 * new group has only the members that both sides know, with the lower of the two roles. No one can
 * be added this way.
 */
export async function restartAttempt(
  context: Context,
  intent: IntentRecord,
  record: ConversationRecord,
): Promise<Attempt> {
  const { conversation, kind } = record
  const own = rosterAfterDepartures(rosterOfRecord(record), record.departed)
  const theirs = await context.api.call(chatOperations.getConversation, { params: { conversation } })
  const isAwaited = theirs.epoch === 0 && theirs.groupNo >= record.groupNo
  // After an upgrade, leave statements under the former rules prove nothing. Members whom the
  // server calls departed are left out, and the members see that.
  if (!isAwaited && record.brokenBy !== 'upgrade')
    return await createAttempt(context, intent, record, own, record.groupNo + 1)
  const members = own.members.flatMap(({ userId, role }) => {
    const known = theirs.members.find((member) => member.userId === userId && !member.departed)
    return known ? [{ userId, role: lowerRole(role, known.role) }] : []
  })
  const roster = kind === 'direct' ? own : { ...own, members }
  return await createAttempt(context, intent, record, roster, theirs.groupNo + 1)
}

const lowerRole = (a: Role, b: Role): Role => (a === 'member' || b === 'member' ? 'member' : a === b ? a : 'admin')
