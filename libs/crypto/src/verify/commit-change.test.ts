import type { UserId } from '@fastchat/schema'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { admin, claims, commitBy, group, leaf, member } from '../../testing/commit-cases.ts'
import { type Leaf, leavesAfter } from './commit-change.ts'
import type { Handshake } from './handshake.ts'
import { type JudgedLeaf, judgeCommit, refusalOfAccounts } from './judge-commit.ts'

/** Generates leaves in a tree of 24, of few users, some of them under two account keys. */
const leavesOf = fc.uniqueArray(fc.nat({ max: 23 }), { maxLength: 24 }).chain((places) =>
  fc
    .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 0, max: 20 })), {
      minLength: places.length,
      maxLength: places.length,
    })
    .map((users) =>
      places
        .toSorted((a, b) => a - b)
        .map((place, n): JudgedLeaf => {
          const [user, odd] = users[n] ?? [1, 0]
          const made = leaf(place, user, 100 + place)
          return odd === 0 ? { ...made, accountKey: new Uint8Array(32).fill(99) } : made
        }),
    ),
)
const handshakes = fc.record({
  adds: fc
    .array(fc.integer({ min: 1, max: 6 }), { maxLength: 5 })
    .map((users) => users.map((user, n) => claims(user, 200 + n))),
  removes: fc.uniqueArray(fc.nat({ max: 23 }), { maxLength: 6 }),
  isJoin: fc.boolean(),
})
type Changes = Pick<Handshake, 'adds' | 'removes' | 'sender' | 'updateLeaf'>
const changesOf = (given: { adds: Handshake['adds']; removes: number[]; isJoin: boolean }): Changes => ({
  adds: given.isJoin ? [] : given.adds,
  removes: given.removes,
  sender: given.isJoin ? { type: 'external' } : { type: 'member', leafIndex: 0 },
  updateLeaf: given.adds[0] ?? claims(1, 300),
})
const incomingOf = ({ sender, updateLeaf, adds }: Changes) =>
  sender.type === 'external' && updateLeaf ? [updateLeaf] : adds

test('each added device takes the leftmost leaf that is free after all removals', () => {
  fc.assert(
    fc.property(leavesOf, handshakes, (leaves, given) => {
      const changes = changesOf(given)
      const places = new Map<number, Leaf>()
      for (const { leafIndex, userId, deviceId } of leaves) places.set(leafIndex, { leafIndex, userId, deviceId })
      for (const removed of changes.removes) places.delete(removed)
      const added = incomingOf(changes).map(({ userId, deviceId }) => {
        const free = Array.from({ length: 48 }, (_, at) => at).find((at) => !places.has(at)) ?? -1
        const newLeaf = { leafIndex: free, userId, deviceId }
        places.set(free, newLeaf)
        return newLeaf
      })
      const after = leavesAfter(leaves, changes)
      expect(after.addedLeaves).toEqual(added)
      expect(after.nextLeaves).toEqual([...places.values()].toSorted((a, b) => a.leafIndex - b.leafIndex))
    }),
  )
})

test('a user with two account keys among remaining and added leaves is found', () => {
  fc.assert(
    fc.property(leavesOf, handshakes, (leaves, given) => {
      const changes = changesOf(given)
      const handshake = { ...commitBy(leaf(0, 1, 11)).handshake, ...changes }
      const all = [...leaves.filter(({ leafIndex }) => !changes.removes.includes(leafIndex)), ...incomingOf(changes)]
      const keysOf = new Map<UserId, Set<string>>()
      for (const { userId, accountKey = new Uint8Array() } of all)
        keysOf.set(userId, (keysOf.get(userId) ?? new Set()).add(accountKey.toString()))
      const isSplit = [...keysOf.values()].some(({ size }) => size > 1)
      expect(refusalOfAccounts(handshake, leaves)).toBe(isSplit ? 'other_account' : undefined)
    }),
  )
})

test('a commit that removes a blank leaf is rejected, whatever else it removes', () => {
  const roster = group(admin(1), member(2), member(3), member(4), member(5))
  fc.assert(
    fc.property(leavesOf, fc.uniqueArray(fc.nat({ max: 30 }), { minLength: 1, maxLength: 8 }), (others, removes) => {
      const leaves = [leaf(0, 1, 11), ...others.filter(({ leafIndex }) => leafIndex > 0)]
      const verdict = judgeCommit(commitBy(leaf(0, 1, 11), { removes }, { leaves, roster }))
      const isThere = removes.every((removed) => leaves.some(({ leafIndex }) => leafIndex === removed))
      expect(!verdict.ok && verdict.reason === 'no_such_leaf').toBe(!isThere)
    }),
  )
})
