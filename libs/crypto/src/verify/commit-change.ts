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
