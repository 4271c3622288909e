import { type Handshake, rosterAfterDepartures, sameRoster } from '@fastchat/crypto/verify'
import type { Roster } from '@fastchat/schema'
import type { GroupState } from './judge-bundle.ts'

/**
 * Whether a commit may turn out to do no more than `isPrune` says, by its form alone: it adds nobody and joins nobody, and it removes
 * leaves or changes the roster. Pure.
 */
export function mayBePrune({ sender, adds, removes, roster, epoch }: Handshake): boolean {
  return sender.type === 'member' && epoch > 0 && adds.length === 0 && (removes.length > 0 || roster !== undefined)
}

/**
 * Whether a commit does nothing but what the server asks for with `commit_first`: it removes leaves of members who have left and of
 * revoked devices, and from the roster those who have left. There can be no more of these than departures and revocations. Pure.
 */
export function isPrune(
  handshake: Handshake,
  roster: Roster,
  { leaves, departed, revoked }: Pick<GroupState, 'leaves' | 'departed' | 'revoked'>,
): boolean {
  if (!mayBePrune(handshake)) return false
  const removed = leaves.filter(({ leafIndex }) => handshake.removes.includes(leafIndex))
  const isDue = removed.every(({ userId, deviceId }) => departed.includes(userId) || revoked.includes(deviceId))
  const after = rosterAfterDepartures(roster, departed)
  return (
    isDue &&
    (removed.length > 0 || !sameRoster(after, roster)) &&
    (handshake.roster === undefined || sameRoster(handshake.roster, after))
  )
}
