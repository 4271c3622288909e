import { expect, test } from 'vitest'
import { conversation } from '../../testing/devices.ts'
import { memoryStore } from '../../testing/memory-store.ts'
import { Batch, type ConversationRecord, lineKey } from '../store/records.ts'
import { keepApart } from './chain-record.ts'
import type { ChainRecord } from './chain-types.ts'
import { loadRecord, removeChain, startRow, storedRecord } from './stored-chain.ts'

const start: ChainRecord = {
  ...{ groupNo: 2, epoch: 9, start: 40, seq: 41, c: 'the-value', closed: [{ seq: 39, c: 'the-end' }, null] },
  ...{ untold: 1, voided: 0 },
}
const recordWith = (chain: ChainRecord): ConversationRecord => ({
  ...{ conversation, kind: 'group', status: 'active', groupNo: 2, cursor: 41, joinedSeq: 1, readSeq: 0, unread: 0 },
  ...{ lastAt: 0, members: [], departed: [], profileSeq: 0, chain },
})
const encoded = (record: ConversationRecord) => new TextEncoder().encode(JSON.stringify(storedRecord(record)))

test.each([
  ['with its line', start],
  ['apart', { ...start, seq: 42, voided: 3, skips: [] }],
] as const)('a chain is the same after a restart, with its last value %s', async (where, chain) => {
  const store = memoryStore()
  const kept = where === 'apart' ? keepApart(conversation, chain) : { chain, writes: [] }
  const line = new Batch().put('entries', lineKey(conversation, chain.seq, 0), { seq: chain.seq, c: chain.c })
  await store.write([...startRow(conversation, chain), ...(where === 'apart' ? kept.writes : line.writes)])
  expect(await loadRecord(store, encoded(recordWith(kept.chain)))).toEqual(recordWith(kept.chain))
})

test('a chain with a missing row is dropped, and begins with the next commit', async () => {
  const store = memoryStore()
  const { chain: _, ...without } = recordWith(start)
  expect(await loadRecord(store, encoded(recordWith(start)))).toEqual(without)
  await store.write(startRow(conversation, start))
  expect(await loadRecord(store, encoded(recordWith(start)))).toEqual(without)
})

test('each message stores only a little in the record', () => {
  expect(storedRecord(recordWith({ ...start, untold: 0 })).chain).toEqual({ seq: 41 })
})

test('no row of a chain that has ended is left', async () => {
  const store = memoryStore()
  const { chain, writes } = keepApart(conversation, start)
  await store.write([...startRow(conversation, chain), ...writes])
  await store.write(removeChain(conversation, chain))
  expect(await store.list('chains')).toEqual([])
})
