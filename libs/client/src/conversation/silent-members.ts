import type { UserId } from '@fastchat/schema'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Keeps the silent members in the record: those from whom this device has not heard in this group.
 *
 * A roster says who should be in the group. Only a message or a change under the group's keys
 * proves that a member is. When this device joins, every member is silent except the inviter, who
 * made the state that it joins. A member who is added later is silent until then.
 */
export function trackSilentMembers(before: Snapshot, result: ReadResult, me: UserId): ReadResult {
  const { record } = result
  const heard = result.heard ?? result.senderView?.sender.userId
  const known = record.joinedSeq === before.record.joinedSeq ? before.record : undefined
  // Most results return here, at no cost.
  const isNews = heard !== undefined && known?.silent?.includes(heard)
  if (known?.members === record.members && !isNews) return result
  const wasMember = new Set(known?.members.map(({ userId }) => userId))
  const wasSilent = new Set(known?.silent)
  const silent = record.members
    .map(({ userId }) => userId)
    .filter((userId) => userId !== me && userId !== heard && (wasSilent.has(userId) || !wasMember.has(userId)))
  return { ...result, record: { ...record, silent } }
}
