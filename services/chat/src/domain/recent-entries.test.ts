import type { ConversationId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { LeafDelta } from './ports.ts'
import { RecentEntries, type WireEntry } from './recent-entries.ts'

const one = '00000000-0000-4000-8000-000000000001' as ConversationId
const two = '00000000-0000-4000-8000-000000000002' as ConversationId
const entry = (conversation: ConversationId, seq: number, bytes = 10): WireEntry => ({
  conversation,
  seq,
  kind: 'application',
  wire: Buffer.alloc(bytes),
})
const seqs = (entries: readonly WireEntry[] | undefined) => entries?.map(({ seq }) => seq)

test('entries after a position are returned, or none if the first has been dropped', () => {
  const recent = new RecentEntries({ maxEntries: 3, maxBytes: 1_000, maxTotalBytes: 1_000 })
  for (const seq of [5, 6, 7, 8]) recent.add(entry(one, seq))
  expect(seqs(recent.after(one, 5))).toEqual([6, 7, 8])
  expect(seqs(recent.after(one, 7))).toEqual([8])
  expect(recent.after(one, 4)).toBeUndefined()
  expect(recent.after(one, 8)).toBeUndefined()
  expect(recent.after(two, 0)).toBeUndefined()
})

test('a hole drops the entries before it', () => {
  const recent = new RecentEntries()
  recent.add(entry(one, 5))
  recent.add(entry(one, 7))
  expect(recent.after(one, 4)).toBeUndefined()
  expect(seqs(recent.after(one, 6))).toEqual([7])
})

test('memory is bounded, for one conversation and for all', () => {
  const recent = new RecentEntries({ maxEntries: 100, maxBytes: 50, maxTotalBytes: 80 })
  for (let seq = 1; seq <= 9; seq++) recent.add(entry(one, seq))
  expect(seqs(recent.after(one, 4))).toEqual([5, 6, 7, 8, 9])
  expect(recent.after(one, 3)).toBeUndefined()
  for (let seq = 1; seq <= 4; seq++) recent.add(entry(two, seq))
  expect(recent.after(one, 8)).toBeUndefined() // it was silent longest
  expect(seqs(recent.after(two, 0))).toEqual([1, 2, 3, 4])
  expect(recent.totalBytes).toBe(40)
  recent.add(entry(one, 10, 60))
  expect(recent.after(one, 9)).toBeUndefined()
  expect(recent.totalBytes).toBe(40)
})

test('a commit keeps its delta', () => {
  const recent = new RecentEntries({ maxEntries: 2, maxBytes: 1_000, maxTotalBytes: 1_000 })
  const delta: LeafDelta = { kind: 'group', groupNo: 1, added: [], removed: [], invited: [] }
  recent.add({ ...entry(one, 1), kind: 'commit', delta })
  recent.add(entry(one, 2))
  expect(recent.after(one, 0)?.map(({ kind, delta }) => [kind, delta])).toEqual([
    ['commit', delta],
    ['application', undefined],
  ])
  recent.add(entry(one, 3))
  expect(recent.after(one, 1)?.map(({ kind, seq }) => [kind, seq])).toEqual([
    ['application', 2],
    ['application', 3],
  ])
})
