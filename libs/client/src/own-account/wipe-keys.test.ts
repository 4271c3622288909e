import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import { type Store, tables } from '../store/store.ts'
import { wipeKeys } from './wipe-keys.ts'

const secret = 'c2VjcmV0'

async function usedStore(): Promise<Store> {
  const store = memoryStore()
  const batch = new Batch()
  for (const table of tables) for (let n = 0; n < 1_200; n++) batch.put(table, `row ${n}`, { secret })
  batch.put('meta', 'identity', { username: 'ann', signaturePrivate: secret, stateKey: secret })
  await store.write(batch.writes)
  return store
}

test('nothing is left of a deleted account', async () => {
  const store = await usedStore()
  await wipeKeys(store, { keepHistory: false })
  for (const table of tables) expect(await store.list(table), table).toEqual([])
})

test('with the history kept, no key is left', async () => {
  const store = await usedStore()
  await wipeKeys(store, { keepHistory: true })
  const kept = []
  for (const table of tables) if ((await store.list(table)).length > 1) kept.push(table)
  expect(kept.toSorted()).toEqual(['conversations', 'entries', 'messageIds', 'pins'])
  expect(await getRecord<Identity>(store, 'meta', 'identity')).toEqual({ username: 'ann', signaturePrivate: '' })
})
