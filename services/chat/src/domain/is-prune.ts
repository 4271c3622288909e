import { type Handshake, rosterAfterDepartures, sameRoster } from '@fastchat/crypto/verify'
import type { Roster } from '@fastchat/schema'
import type { GroupState } from './judge-bundle.ts'

/**
 * Whether a commit's form allows that `isPrune` holds for it: a member's commit that adds nobody,
 * and that removes leaves or changes the roster. A pure function.
 */
export function mayBePrune({ sender, adds, removes, roster, epoch }: Handshake): boolean {
  return sender.type === 'member' && epoch > 0 && adds.length === 0 && (removes.length > 0 || roster !== undefined)
}

/**
 * Whether a commit does only what the server asks for with `commit_first`. Such a commit removes
 * leaves of members who have left and of revoked devices, and takes members who have left off the
 * roster. So there are at most as many such commits as departures and revocations. A pure function.
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
