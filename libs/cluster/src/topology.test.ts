import { expect, test } from 'vitest'
import { createKeys } from './keys.ts'
import { slotOf } from './slot-of.ts'
import { movedTo, readTopology } from './topology.ts'

const from = { host: 'asked', port: 7000 }
const read = (...tables: string[]) =>
  readTopology(
    tables.map((nodes) => ({ from, nodes })),
    { hasTls: false },
  )

test('slotOf returns the same slots as Redis', () => {
  // Answers of CLUSTER KEYSLOT. The first is the example of the cluster specification.
  expect(slotOf('123456789')).toBe(12_739)
  expect(slotOf('{user1000}.following')).toBe(slotOf('user1000'))
  expect(slotOf('foo{}{bar}')).toBe(slotOf('foo{}{bar}'))
  expect(slotOf('foo')).toBe(12_182)
})

test('all keys of the pods share a slot, and so do all channels of a tag', () => {
  const keys = createKeys()
  const slots = [keys.pods, `${keys.podRecord}a`, `${keys.podPending}b`].map(slotOf)
  expect(new Set(slots).size).toBe(1)
  expect(slotOf(keys.canary(7))).toBe(slotOf('fc:{b7}:u:x'))
  expect(keys.tagOfChannel(keys.canary(7))).toBe(7)
})

test('the newer claim to a slot wins, in any order of answers', () => {
  const stale =
    'a 127.0.0.1:7000@17000 myself,master - 0 0 3 connected 0-10\nb 127.0.0.1:7001@17001 master - 0 0 2 connected 11'
  const fresh =
    'b 127.0.0.1:7001@17001 master - 0 0 4 connected 5 11 [6-<-a]\na 127.0.0.1:7000@17000 master - 0 0 3 connected 0-4 6-10'
  for (const ownerOf of [read(stale, fresh), read(fresh, stale)]) {
    expect([4, 5, 6, 11].map((slot) => ownerOf(slot)?.port)).toEqual([7000, 7001, 7000, 7001])
    expect(ownerOf(12)).toBeUndefined()
  }
})

test('replicas own no slots, a node without an address has the asked one, and TLS uses names', () => {
  const table =
    'a :7000@17000 myself,master - 0 0 1 connected 0\nb 10.0.0.2:7001@17001,b.internal slave a 0 0 1 connected 1'
  expect(read(table)(0)).toEqual(from)
  expect(read(table)(1)).toBeUndefined()
  const named = { from, nodes: 'b 10.0.0.2:7001@17001,b.internal master - 0 0 1 connected 0' }
  expect(readTopology([named], { hasTls: true })(0)).toEqual({ host: 'b.internal', port: 7001 })
  expect(readTopology([named], { hasTls: false })(0)).toEqual({ host: '10.0.0.2', port: 7001 })
})

test('movedTo returns the new address of a slot', () => {
  expect(movedTo(new Error('MOVED 3999 127.0.0.1:6381'))).toBe('127.0.0.1:6381')
  expect(movedTo(new Error('CLUSTERDOWN The cluster is down'))).toBeUndefined()
})
