import { mkdtempSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStoreKey } from '@fastchat/crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { sqliteStore } from '../node/sqlite-store.ts'
import type { Range, Store, Write } from './store.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const file = () => join(mkdtempSync(join(tmpdir(), 'fastchat-store-')), 'store.db')

const stores: Record<string, () => Store> = {
  memory: memoryStore,
  sqlite: () => sqliteStore(file(), createStoreKey()),
}

describe.each(Object.entries(stores))('the %s store', (_, make) => {
  test('returns written values, and forgets removed ones', async () => {
    const store = make()
    await store.write([{ table: 'meta', key: 'a', value: bytes('one') }])
    await store.write([
      { table: 'meta', key: 'a', value: undefined },
      { table: 'pins', key: 'a', value: bytes('two') },
    ])
    expect(await store.get('meta', 'a')).toBeUndefined()
    expect(await store.get('pins', 'a')).toEqual(bytes('two'))
    await store.close()
  })

  test('lists any range as a sorted list would', async () => {
    const key = fc.constantFrom('a', 'a/1', 'a/2', 'a/3', 'b', 'b/1', 'ab')
    const range: fc.Arbitrary<Range> = fc.record(
      {
        prefix: fc.constantFrom('', 'a', 'a/', 'b'),
        before: key,
        after: key,
        limit: fc.integer({ min: 1, max: 4 }),
        descending: fc.boolean(),
      },
      { requiredKeys: [] },
    )
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(key), range, async (keys, asked) => {
        const store = make()
        await store.write(keys.map((k): Write => ({ table: 'entries', key: k, value: bytes(k) })))
        const { prefix = '', before = '\u{10ffff}', after = '', limit = 99, descending = false } = asked
        const expected = keys.toSorted().filter((k) => k.startsWith(prefix) && k < before && k > after)
        if (descending) expected.reverse()
        const rows = await store.list('entries', asked)
        expect(rows.map((row) => row.key)).toEqual(expected.slice(0, limit))
        expect(rows.map((row) => row.value)).toEqual(expected.slice(0, limit).map(bytes))
        await store.close()
      }),
      { numRuns: 40 },
    )
  })
})

describe('on disk', () => {
  test('a failed batch leaves nothing behind', async () => {
    const store = sqliteStore(file(), createStoreKey())
    const broken = [
      { table: 'meta', key: 'a', value: bytes('x') },
      { table: 'nowhere', key: 'b', value: bytes('y') },
    ] as unknown as Write[]
    await expect(store.write(broken)).rejects.toThrow('no table')
    expect(await store.get('meta', 'a')).toBeUndefined()
    await store.close()
  })

  test('values are unreadable without the key, also in another row’s place, and the file is for its owner alone', async () => {
    const path = file()
    const key = createStoreKey()
    const store = sqliteStore(path, key)
    await store.write([{ table: 'meta', key: 'a', value: bytes('a secret that is planted') }])
    await store.close()
    for (const suffix of ['', '-wal']) {
      const kept = readFileSync(path + suffix, { flag: 'a+' })
      expect(kept.includes('planted')).toBe(false)
    }
    expect(statSync(path).mode & 0o777).toBe(0o600)
    const thief = sqliteStore(path, createStoreKey())
    await expect(thief.get('meta', 'a')).rejects.toThrow('does not open')
    await thief.close()
    const owner = sqliteStore(path, key)
    expect(await owner.get('meta', 'a')).toEqual(bytes('a secret that is planted'))
    await owner.close()
  })
})
