import type { DeviceId, Roster, UserId } from '@fastchat/schema'
import type { CredentialClaims } from './credential.ts'
import type { Handshake } from './handshake.ts'

export interface Leaf {
  leafIndex: number
  userId: UserId
  deviceId: DeviceId
}

/** What a lawful commit makes of the group. */
export interface CommitChange {
  addedLeaves: Leaf[]
  removedLeaves: number[]
  /** The leaf whose keys the commit's path replaced: the committer's. */
  updatedLeaf?: number
  /** After the commit, changed or not. */
  roster: Roster
  rosterChanged: boolean
  /** All leaves after the commit, by ascending leaf index. */
  nextLeaves: Leaf[]
}

/**
 * Which leaf each device has after the commit (RFC 9420 §7.7, §12.3): removes first, then each add, or the joiner from
 * outside, takes the leftmost blank leaf, or a new one on the right when none is blank. That is always the smallest index
 * not in use, whatever the size of the tree.
 */
export function leavesAfter(
  leaves: readonly Leaf[],
  handshake: Pick<Handshake, 'adds' | 'removes' | 'sender' | 'updateLeaf'>,
): Pick<CommitChange, 'addedLeaves' | 'removedLeaves' | 'updatedLeaf' | 'nextLeaves'> {
  const { adds, removes, sender, updateLeaf } = handshake
  const joiners: CredentialClaims[] = sender.type === 'external' && updateLeaf ? [updateLeaf] : adds
  const next = new Map(leaves.filter((leaf) => !removes.includes(leaf.leafIndex)).map((leaf) => [leaf.leafIndex, leaf]))
  let blank = 0
  const addedLeaves = joiners.map(({ userId, deviceId }) => {
    while (next.has(blank)) blank++
    const leaf = { leafIndex: blank, userId, deviceId }
    next.set(blank, leaf)
    return leaf
  })
  return {
    addedLeaves,
    removedLeaves: [...removes],
    ...(sender.type === 'member' && updateLeaf && { updatedLeaf: sender.leafIndex }),
    nextLeaves: [...next.values()]
      .map(({ leafIndex, userId, deviceId }) => ({ leafIndex, userId, deviceId }))
      .toSorted((a, b) => a.leafIndex - b.leafIndex),
  }
}
