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
import type { TroubleCode } from '../trouble-words.ts'
import type { Context } from './context.ts'
import type { View } from './reading.ts'
import { revocationsIn } from './revocations.ts'

type Asked = Pick<Context, 'pins'>

/** The member who leaves by a statement, see `leaverIn`. */
export async function departureIn(
  statement: Uint8Array,
  group: Pick<PublicGroup, 'context' | 'roster'>,
  asked: Asked,
): Promise<UserId | undefined> {
  return (await leaverIn(statement, group, asked))?.userId
}

/**
 * The member, and the device that signed, who says in a statement that they leave this group as it is now. Undefined for a statement that
 * is not signed by a device of theirs, is about another moment (an old one can't be used again), or comes from somebody who is no member.
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

/** The same for what the server says to be waiting for the next commit, about the group at one moment. */
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

/** At most one statement for each member: a server that names more is not listened to any further. */
const bounded = (departures: readonly string[], { roster }: Pick<PublicGroup, 'roster'>): readonly string[] =>
  departures.slice(0, roster.members.length)

/** A state of the group for which the server has refused something of ours with `commit_first`. */
export type Refused = { readonly groupNo: number; readonly epoch: number }

export type Departures = {
  readonly proven: readonly UserId[]
  readonly revoked: readonly DeviceId[]
  /** What the server asserts without a statement that holds. */
  readonly unproven: readonly Doubt[]
}

/** `from`: whom it names; undefined where it does not even do that. */
export type Doubt = { readonly from: UserId | undefined; readonly code: TroubleCode }

const departureOf = (from: UserId | undefined): Doubt => ({ from, code: 'unproven_departure' })
const revocationOf = (from: UserId | undefined): Doubt => ({ from, code: 'unproven_revocation' })

/**
 * Who has left and which devices are revoked, as far as this device can verify it, and what the server asserts without a statement that
 * holds. It has to prove the reason for which it has refused something of ours, as long as the group is the same.
 */
export async function learnDepartures(context: Context, view: View, refused: Refused): Promise<Departures> {
  const { record, group } = view
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
 * Who left before this device came in from outside, with others coming in between: their statements are about a state that it never
 * saw. Another member removes them. Until there has been another commit this is no sign of a lie.
 */
async function leftBefore(
  { departures }: Pick<Conversation, 'departures'>,
  { pins }: Asked,
  { record: { enteredFrom }, group }: View & { readonly group: Group },
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

/** By statements about the group as it is, or as it was just before this device came in from outside, which it has not read in the log. */
async function provenBy(
  { departures }: Pick<Conversation, 'departures'>,
  context: Context,
  { record, group }: View & { readonly group: Group },
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
