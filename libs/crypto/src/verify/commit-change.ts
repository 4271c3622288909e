import type { DeviceId, Roster, UserId } from '@fastchat/schema'
import type { CredentialClaims } from './credential.ts'
import type { Handshake } from './handshake.ts'

export interface Leaf {
  leafIndex: number
  userId: UserId
  deviceId: DeviceId
}

/** The changes that a lawful commit makes to the group. */
export interface CommitChange {
  addedLeaves: Leaf[]
  removedLeaves: number[]
  /** The leaf of the committer, if the path of the commit replaced its keys. */
  updatedLeaf?: number
  /** The roster after the commit, changed or not. */
  roster: Roster
  rosterChanged: boolean
  /** All leaves after the commit, by ascending leaf index. */
  nextLeaves: Leaf[]
}

/**
 * Returns the leaves after a commit (RFC 9420 §7.7, §12.3). Removes come first. Then each added
 * device, or the external joiner, takes the leftmost blank leaf, or a new one on the right when
 * none is blank. In a tree of any size that is the smallest free index.
 */
export function leavesAfter(
  leaves: readonly Leaf[],
  handshake: Pick<Handshake, 'adds' | 'removes' | 'sender' | 'updateLeaf'>,
): Pick<CommitChange, 'addedLeaves' | 'removedLeaves' | 'updatedLeaf' | 'nextLeaves'> {
  const { adds, removes, sender, updateLeaf } = handshake
  const joiners: CredentialClaims[] = sender.type === 'external' && updateLeaf ? [updateLeaf] : adds
  const removed = new Set(removes)
  const nextLeaves: Leaf[] = []
  for (const { leafIndex, userId, deviceId } of leaves)
    if (!removed.has(leafIndex)) nextLeaves.push({ leafIndex, userId, deviceId })
  const taken = new Set(joiners.length > 0 ? nextLeaves.map(({ leafIndex }) => leafIndex) : [])
  let blank = 0
  const addedLeaves = joiners.map(({ userId, deviceId }) => {
    while (taken.has(blank)) blank++
    return { leafIndex: blank++, userId, deviceId }
  })
  return {
    addedLeaves,
    removedLeaves: [...removes],
    ...(sender.type === 'member' && updateLeaf && { updatedLeaf: sender.leafIndex }),
    nextLeaves: [...nextLeaves, ...addedLeaves].toSorted((a, b) => a.leafIndex - b.leafIndex),
  }
}
