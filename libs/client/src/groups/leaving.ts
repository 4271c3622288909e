import { isAdmin, ownerOf } from '@fastchat/crypto/verify'
import type { UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import type { ConversationRecord } from '../store/records.ts'
import { rosterOfRecord } from './roster-of-record.ts'

/** Returns the role that another member needs before this one may leave, if any. */
export function neededRole(record: ConversationRecord, me: UserId): 'owner' | 'admin' | undefined {
  const roster = rosterOfRecord(record)
  const others = roster.members.filter(({ userId }) => userId !== me && !record.departed.includes(userId))
  if (roster.kind !== 'group' || others.length === 0) return undefined
  if (ownerOf(roster) === me) return 'owner'
  return isAdmin(roster, me) && others.every(({ role }) => role === 'member') ? 'admin' : undefined
}

/**
 * Returns the member who takes over when this user leaves: the longest admin, else the longest
 * member. Undefined when nobody has to.
 */
export function heirOf(record: ConversationRecord, me: UserId): UserId | undefined {
  if (neededRole(record, me) === undefined) return undefined
  const others = record.members.filter(({ userId }) => userId !== me && !record.departed.includes(userId))
  // The roster lists the members in the order in which they came.
  return (others.find(({ role }) => role !== 'member') ?? others[0])?.userId
}

/** @throws {ClientError} `not_a_member` unless this is another member who has not left */
export function expectMember({ members, departed }: ConversationRecord, userId: UserId, me: UserId): void {
  const isOther = userId !== me && members.some((member) => member.userId === userId)
  if (!isOther || departed.includes(userId)) throw new ClientError('not_a_member', 'Name another member of the group')
}
