import type { Group } from '@fastchat/crypto'
import {
  type GroupMoment,
  type LeaveClaims,
  momentOf,
  type PublicGroup,
  sameMoment,
  verifyLeave,
} from '@fastchat/crypto/verify'
import { type Conversation, chatOperations, type DeviceId, fromBase64Url, type UserId } from '@fastchat/schema'
import type { GroupEpoch } from '../group-epoch.ts'
import type { TroubleCode } from '../trouble-words.ts'
import type { Context } from './context.ts'
import type { Snapshot } from './read-result.ts'
import { revocationsIn } from './revocations.ts'

type Asked = Pick<Context, 'pins'>

/** Returns the member who leaves by a statement; see `leaverIn`. */
export async function departureIn(
  statement: Uint8Array,
  group: Pick<PublicGroup, 'context' | 'roster'>,
  asked: Asked,
): Promise<UserId | undefined> {
  return (await leaverIn(statement, group, asked))?.userId
}

/**
 * Returns the claims of a leave statement about the present state of this group: the member who
 * leaves, and the device that signed.
 *
 * Undefined when no device of that member signed it, when it is about another state of the group
 * (so that an old statement can't be replayed), or when the signer is not a member.
 */
export async function leaverIn(
  statement: Uint8Array,
  group: Pick<PublicGroup, 'context' | 'roster'>,
  { pins }: Asked,
): Promise<LeaveClaims | undefined> {
  const claims = await verifyLeave(statement).catch(() => undefined)
  if (claims === undefined || !sameMoment(claims, momentOf(group))) return undefined
  if (!group.roster.members.some(({ userId }) => userId === claims.userId)) return undefined
  return (await pins.lookUp().knows([claims])) ? claims : undefined
}

/** Returns the members who leave by the statements that the server wants in the next commit. */
export async function departuresIn(
  { departures }: Pick<Conversation, 'departures'>,
  group: Pick<PublicGroup, 'context' | 'roster'>,
  context: Asked,
): Promise<UserId[]> {
  const leavers: UserId[] = []
  for (const statement of bounded(departures, group)) {
    const leaver = await departureIn(fromBase64Url(statement), group, context)
    if (leaver !== undefined) leavers.push(leaver)
  }
  return leavers
}

/** Returns at most one statement per member. A server that names more is ignored beyond that. */
const bounded = (departures: readonly string[], { roster }: Pick<PublicGroup, 'roster'>): readonly string[] =>
  departures.slice(0, roster.members.length)

export type Departures = {
  readonly proven: readonly UserId[]
  readonly revoked: readonly DeviceId[]
  /** The departures and revocations that the server asserts without a valid statement. */
  readonly unproven: readonly Doubt[]
}

/**
 * A claim of the server without proof. `from` is the user whom the server names; undefined when it
 * names no one.
 */
export type Doubt = { readonly from: UserId | undefined; readonly code: TroubleCode }

const departureOf = (from: UserId | undefined): Doubt => ({ from, code: 'unproven_departure' })
const revocationOf = (from: UserId | undefined): Doubt => ({ from, code: 'unproven_revocation' })

/**
 * Asks the server who has left and which devices are revoked. Returns the claims that this device
 * can verify, and those that the server does not prove.
 *
 * While the group is the same, the server has to prove the reason for its rejection.
 */
export async function learnDepartures(context: Context, snapshot: Snapshot, refused: GroupEpoch): Promise<Departures> {
  const { record, group } = snapshot
  if (!group) return { proven: [], revoked: [], unproven: [] }
  const params = { conversation: record.conversation }
  const theirs = await context.api.call(chatOperations.getConversation, { params })
  const proven = await provenBy(theirs, context, { record, group })
  const isSame = [refused, theirs].every(({ groupNo, epoch }) => groupNo === group.groupNo && epoch === group.epoch)
  if (!isSame) return { proven, revoked: [], unproven: [] }
  const revocations = await revocationsIn(theirs, group.members(), context)
  const known = [...record.departed, ...proven, ...(await leftBefore(theirs, context, { record, group }))]
  const named = theirs.members.filter(({ userId, departed }) => departed && !known.includes(userId))
  const revoked = revocations.proven
  const unproven = [...named.map(({ userId }) => departureOf(userId)), ...revocations.unproven.map(revocationOf)]
  const isExplained = known.length + unproven.length + revoked.length + (record.revoked ?? []).length > 0
  return { proven, revoked, unproven: isExplained ? unproven : [departureOf(undefined)] }
}

/**
 * Returns members who left before this device joined from outside, when other devices joined in
 * between. Their statements are about a state that this device never saw, so another member removes
 * them. Until the next commit this is no sign of a lie.
 */
async function leftBefore(
  { departures }: Pick<Conversation, 'departures'>,
  { pins }: Asked,
  { record: { enteredFrom }, group }: Snapshot & { readonly group: Group },
): Promise<UserId[]> {
  if (enteredFrom === undefined || group.epoch > enteredFrom.epoch + 1) return []
  const leavers: UserId[] = []
  for (const statement of bounded(departures, group)) {
    const claims = await verifyLeave(fromBase64Url(statement)).catch(() => undefined)
    const isOfThisGroup = claims?.conversation === group.conversation && claims.groupNo === group.groupNo
    if (isOfThisGroup && claims.epoch < enteredFrom.epoch && (await pins.lookUp().knows([claims])))
      leavers.push(claims.userId)
  }
  return leavers
}

/**
 * Returns members who leave by statements about the group as it is now, or as it was just before
 * this device joined from outside. This device has not read the latter in the log.
 */
async function provenBy(
  { departures }: Pick<Conversation, 'departures'>,
  context: Context,
  { record, group }: Snapshot & { readonly group: Group },
): Promise<UserId[]> {
  const { roster } = group
  const now = await departuresIn({ departures }, group.publicGroup, context)
  const { enteredFrom } = record
  if (enteredFrom === undefined) return now
  const before = bounded(departures, group).map(async (statement) => {
    const claims = await verifyLeave(fromBase64Url(statement)).catch(() => undefined)
    const { conversation, groupNo } = momentOf(group.publicGroup)
    const { epoch, transcript } = enteredFrom
    const moment: GroupMoment = { conversation, groupNo, epoch, transcript: fromBase64Url(transcript) }
    const isOfThen = claims !== undefined && sameMoment(claims, moment)
    const isMember = roster.members.some(({ userId }) => userId === claims?.userId)
    return isOfThen && isMember && (await context.pins.lookUp().knows([claims])) ? [claims.userId] : []
  })
  return [...new Set([...now, ...(await Promise.all(before)).flat()])]
}
