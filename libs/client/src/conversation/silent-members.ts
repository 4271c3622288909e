import type { UserId } from '@fastchat/schema'
import type { Reading, View } from './reading.ts'

/**
 * Keeps in the record who is not heard from yet. A roster says who should be in this group; only a message or a change of theirs, under
 * keys that only the group has, shows that they are. All others are silent when this device comes in, but for the inviter, who made the
 * state that it comes into; and whoever is added later is silent until then.
 */
export function trackSilentMembers(before: View, reading: Reading, me: UserId): Reading {
  const { record } = reading
  const heard = reading.heard ?? reading.said?.sender.userId
  const known = record.joinedSeq === before.record.joinedSeq ? before.record : undefined
  // Nearly always, and it costs nothing then.
  const isNews = heard !== undefined && known?.silent?.includes(heard)
  if (known?.members === record.members && !isNews) return reading
  const wasMember = new Set(known?.members.map(({ userId }) => userId))
  const wasSilent = new Set(known?.silent)
  const silent = record.members
    .map(({ userId }) => userId)
    .filter((userId) => userId !== me && userId !== heard && (wasSilent.has(userId) || !wasMember.has(userId)))
  return { ...reading, record: { ...record, silent } }
}
