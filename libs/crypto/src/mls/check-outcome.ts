import { toBase64Url } from '@fastchat/schema'
import type { ClientState } from 'ts-mls/clientState.js'
import type { CommitChange } from '../verify/commit-change.ts'
import type { Handshake } from '../verify/handshake.ts'
import { sameRoster } from '../verify/roster.ts'
import { UnlawfulCommit } from './errors.ts'
import { leavesOf, type Member, membersOf, rosterOf } from './members.ts'

/**
 * Checks that the group after a commit is what was judged: the same leaves with the devices and keys they had or came in
 * with, all keys distinct (RFC 9420 §7.3), the same roster. The engine derives the tree by itself; this does not rely on it.
 *
 * @throws UnlawfulCommit `other_outcome`
 */
export function refuseOtherOutcome(
  state: ClientState,
  before: readonly Member[],
  { adds, sender, updateLeaf }: Handshake,
  change: CommitChange,
): void {
  const joiners = sender.type === 'external' && updateLeaf ? [updateLeaf] : adds
  const expected = change.nextLeaves.map(({ leafIndex, deviceId }) => {
    const device = [...joiners, ...before].find((claims) => claims.deviceId === deviceId)
    return device === undefined ? '' : fingerprint({ ...device, leafIndex })
  })
  const actual = membersOf(state.ratchetTree).map(fingerprint)
  const isSame = expected.length === actual.length && expected.every((text, at) => text === actual[at])
  const hasDistinctKeys = [
    leavesOf(state.ratchetTree).map(({ leaf }) => toBase64Url(leaf.hpkePublicKey)),
    leavesOf(state.ratchetTree).map(({ leaf }) => toBase64Url(leaf.signaturePublicKey)),
  ].every((keys) => new Set(keys).size === keys.length)
  if (!isSame || !hasDistinctKeys || !sameRoster(rosterOf(state.groupContext), change.roster))
    throw new UnlawfulCommit('other_outcome')
}

function fingerprint({ leafIndex, userId, deviceId, accountKey, signatureKey }: Member): string {
  return [leafIndex, userId, deviceId, toBase64Url(accountKey), toBase64Url(signatureKey)].join(' ')
}
