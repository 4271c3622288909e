import { CannotJoin, Group, type Member, type PendingCommit } from '@fastchat/crypto'
import {
  holdersOf,
  membersOfTree,
  momentOf,
  officeFor,
  readKeyPackage,
  rosterAfterDepartures,
  rosterAfterElection,
  sameRoster,
  type Vote,
} from '@fastchat/crypto/verify'
import {
  authOperations,
  chatOperations,
  type DeviceId,
  fromBase64Url,
  type Role,
  type Roster,
  toBase64Url,
  type UserId,
} from '@fastchat/schema'
import { ClientError, ServerError } from '../errors.ts'
import { areNew, readersOf, refuseOldDevices } from '../groups/old-devices.ts'
import { refuseBanned, withBans, withoutBans, withPolicies, withRole } from '../groups/plan-roster.ts'
import { rosterOfRecord } from '../groups/roster-of-record.ts'
import { Batch, type ConversationRecord, type IntentRecord, type MembershipChange } from '../store/records.ts'
import type { Context } from './context.ts'
import { departuresIn } from './departures.ts'
import { votesToCommit } from './election.ts'
import { isAsExpected } from './expected-group.ts'
import { readOffer, refuseOtherHistory } from './lawful-history.ts'
import type { Snapshot } from './read-result.ts'
import { revocationsIn } from './revocations.ts'
import { withUntrustedUser } from './untrusted-key.ts'

export type Attempt = NonNullable<IntentRecord['attempt']>

/** Returns the users whose key packages a change needs. */
export function usersToClaim(
  context: Context,
  change: MembershipChange,
  record: ConversationRecord,
): readonly UserId[] {
  if (change.kind === 'create') return [...new Set([...change.userIds, context.identity.userId])]
  if (change.kind === 'restart') return record.members.map(({ userId }) => userId)
  return change.kind === 'add' ? change.userIds : []
}

/**
 * Claims one key package per device of a user, without the devices known to be revoked. The intent
 * keeps them, so that a rebuilt commit uses the same packages.
 */
export async function claim(
  context: Context,
  intent: IntentRecord,
  userId: UserId,
  revoked: readonly DeviceId[],
): Promise<IntentRecord> {
  const claimed = [...intent.claimed, userId]
  const keyPackages = [...intent.keyPackages]
  const { user, keyPackages: offers } = await offered(context, intent, userId)
  if (user?.userId === userId) await context.pins.learn([user])
  for (const { deviceId, keyPackage } of offers) {
    if (deviceId !== context.identity.deviceId && (await isUsable(context, userId, keyPackage, revoked)))
      keyPackages.push({ userId, keyPackage })
  }
  return { ...intent, claimed, keyPackages }
}

async function offered(context: Context, { change }: IntentRecord, userId: UserId) {
  try {
    return await context.api.call(authOperations.claimKeyPackages, { body: { userId } })
  } catch (error) {
    // A member whose account is deleted must not stop the others.
    if (change.kind === 'restart' && error instanceof ServerError && error.code === 'not_found')
      return { user: undefined, keyPackages: [] }
    throw error
  }
}

/**
 * Returns whether a key package can be used. An expired or malformed one is left out: its device
 * joins by itself later.
 *
 * @throws {ClientError} `key_changed` when the package is under another account key than the pinned
 *   one
 */
async function isUsable(
  context: Context,
  userId: UserId,
  keyPackage: string,
  revoked: readonly DeviceId[],
): Promise<boolean> {
  const claims = await readKeyPackage(fromBase64Url(keyPackage), { now: context.clock.wallMs() }).catch(() => undefined)
  if (claims?.userId !== userId || revoked.includes(claims.deviceId)) return false
  if (await context.pins.trust([claims])) return true
  throw new ClientError(
    'key_changed',
    `The server shows another key for ${context.pins.nameOf(userId)} than the one known here`,
  )
}

/**
 * Makes the commit for a change of the group in its present state. Every commit also removes
 * members who have left and revoked devices.
 *
 * @returns undefined when the group is already as wanted
 */
export async function buildAttempt(
  context: Context,
  intent: IntentRecord,
  record: ConversationRecord,
  group: Group | undefined,
): Promise<Attempt | undefined> {
  const { change } = intent
  if (change.kind === 'join') return await joinAttempt(context, { record, group })
  if (change.kind === 'create')
    return await createAttempt(context, intent, record, newRoster(context, change.userIds, record), 1)
  if (change.kind === 'restart') return await restartAttempt(context, intent, record)
  if (!group) throw new ClientError('not_a_member')
  const plan = planChange(context, change, group, record, intent)
  if (!plan) return undefined
  const add = await readersOf(plan.roster ?? group.roster, plan.add)
  const made = await group.commit({ ...plan, add, trust: context.pins.trust })
  return packed(context, group.groupNo, group.epoch, made)
}

type Plan = { add: Uint8Array[]; remove: number[]; roster?: Roster; votes?: Vote[] }

function planChange(
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
  const isGone = (leaf: Pick<Member, 'userId' | 'deviceId'>) => gone.has(leaf.userId) || revoked.includes(leaf.deviceId)
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

function newRoster(context: Context, userIds: readonly UserId[], { kind }: ConversationRecord): Roster {
  const me = context.identity.userId
  // The creator of a group comes first. In a direct chat both users make the same roster.
  const all = kind === 'group' ? [...new Set([me, ...userIds])] : [...new Set([me, ...userIds])].sort()
  const role = (userId: UserId): Role => (kind === 'group' && userId === me ? 'admin' : 'member')
  return { kind, members: all.map((userId) => ({ userId, role: role(userId) })) }
}

async function createAttempt(
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
async function restartAttempt(context: Context, intent: IntentRecord, record: ConversationRecord): Promise<Attempt> {
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

/** Makes an external commit (RFC 9420 §12.4.3.2) from the group info of the current epoch. */
async function joinAttempt(context: Context, snapshot: Snapshot): Promise<Attempt> {
  const { conversation } = snapshot.record
  const params = { conversation }
  const info = await context.api.call(chatOperations.groupInfo, { params })
  const offered = await readOffer(fromBase64Url(info.groupInfo))
  await refuseOtherHistory(context, snapshot, offered)
  const theirs = await context.api.call(chatOperations.getConversation, { params })
  const { identity, pins } = context
  const lookUp = pins.lookUp()
  const join = { groupInfo: fromBase64Url(info.groupInfo), identity, trust: lookUp.trust }
  const made = await Group.joinExternally(join).catch((error: unknown) => {
    throw withUntrustedUser(error, lookUp)
  })
  if (made.pending.groupNo !== info.groupNo || !isAsExpected(snapshot, made.pending)) throw new CannotJoin('unlawful')
  const batch = new Batch()
  await pins.keep(lookUp.found, batch, () => context.store.write(batch.writes))
  const departed = await departuresIn(theirs, offered, context)
  const { proven: revoked } = await revocationsIn(theirs, membersOfTree(offered.tree), context)
  const { epoch, transcript } = momentOf(offered)
  const enteredFrom = { epoch, transcript: toBase64Url(transcript) }
  return { ...packed(context, info.groupNo, info.epoch, made), departed, revoked, enteredFrom }
}

type Made = Omit<PendingCommit, 'forget'>

const packed = (
  context: Context,
  groupNo: number,
  epoch: number,
  { pending, commit, welcome, groupInfo, initialGroupInfo }: Made,
): Attempt => ({
  id: context.newId(),
  groupNo,
  epoch,
  commit: toBase64Url(commit),
  ...(welcome && { welcome: toBase64Url(welcome) }),
  groupInfo: toBase64Url(groupInfo),
  ...(initialGroupInfo && { initialGroupInfo: toBase64Url(initialGroupInfo) }),
  pending: toBase64Url(pending.encode()),
})
