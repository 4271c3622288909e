import { type GroupMoment, momentOf, type PublicGroup, sameMoment, verifyLeave } from '@fastchat/crypto/verify'
import { type Conversation, chatOperations, fromBase64Url, type UserId } from '@fastchat/schema'
import type { Context } from './context.ts'
import type { View } from './read-entry.ts'

type Asked = Pick<Context, 'pins'>

/**
 * The member who says in a statement that they leave this group as it is now. Undefined for a statement that is not signed by a device
 * of theirs, is about another moment (an old one can't be used again), or comes from somebody who is no member.
 */
export async function departureIn(
  statement: Uint8Array,
  group: Pick<PublicGroup, 'context' | 'roster'>,
  { pins }: Asked,
): Promise<UserId | undefined> {
  const claims = await verifyLeave(statement).catch(() => undefined)
  if (claims === undefined || !sameMoment(claims, momentOf(group))) return undefined
  if (!group.roster.members.some(({ userId }) => userId === claims.userId)) return undefined
  return (await pins.lookUp().knows([claims])) ? claims.userId : undefined
}

/** The same for what the server says to be waiting for the next commit, about the group at one moment. */
export async function departuresIn(
  { departures }: Pick<Conversation, 'departures'>,
  group: Pick<PublicGroup, 'context' | 'roster'>,
  context: Asked,
): Promise<UserId[]> {
  const leavers: UserId[] = []
  for (const statement of departures) {
    const leaver = await departureIn(fromBase64Url(statement), group, context)
    if (leaver !== undefined) leavers.push(leaver)
  }
  return leavers
}

/**
 * Who has left, as far as this device can verify it: by statements about the group as it is, or as it was just before this device came
 * in from outside, which it has not read in the log.
 */
export async function learnDepartures(context: Context, { record, group }: View): Promise<UserId[]> {
  if (!group) return []
  const params = { conversation: record.conversation }
  const { departures } = await context.api.call(chatOperations.getConversation, { params })
  const { roster } = group
  const now = await departuresIn({ departures }, group.publicGroup, context)
  const { enteredFrom } = record
  if (enteredFrom === undefined) return now
  const before = departures.map(async (statement) => {
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
