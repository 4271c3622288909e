import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
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
    await expect(thief.get('meta', 'a')).rejects.toMatchObject({ code: 'store_corrupt' })
    await thief.close()
    const owner = sqliteStore(path, key)
    expect(await owner.get('meta', 'a')).toEqual(bytes('a secret that is planted'))
    await owner.close()
  })

  test('a second writer is refused while the first one has the store', async () => {
    const [path, key] = [file(), createStoreKey()]
    const first = sqliteStore(path, key)
    await first.write([{ table: 'meta', key: 'a', value: bytes('one') }])
    expect(() => sqliteStore(path, key)).toThrow(expect.objectContaining({ code: 'store_locked' }))
    // The refusal did not take the lock from the first one.
    expect(() => sqliteStore(path, key)).toThrow(expect.objectContaining({ code: 'store_locked' }))
    await first.close()
    const second = sqliteStore(path, key)
    expect(await second.get('meta', 'a')).toEqual(bytes('one'))
    await second.close()
  })

  test('another process is refused until the first one has ended, even by SIGKILL', async () => {
    const [path, key] = [file(), createStoreKey()]
    const child = fork(join(import.meta.dirname, '../../testing/hold-store.ts'), [
      path,
      Buffer.from(key).toString('hex'),
    ])
    const held = once(child, 'message').then(() => 'held')
    const ended = once(child, 'exit')
    expect(await Promise.race([held, ended])).toBe('held')
    expect(() => sqliteStore(path, key)).toThrow(expect.objectContaining({ code: 'store_locked' }))
    child.kill('SIGKILL')
    await ended
    const store = sqliteStore(path, key)
    expect(await store.get('meta', 'a')).toEqual(bytes('one'))
    await store.close()
  })

  test.each(['the header', 'a page'])('a file with damage in %s is reported as store_corrupt', async (place) => {
    const [path, key] = [file(), createStoreKey()]
    const store = sqliteStore(path, key)
    for (let n = 0; n < 200; n++) await store.write([{ table: 'meta', key: `${n}`, value: bytes('x'.repeat(900)) }])
    await store.close()
    const damaged = openSync(path, 'r+')
    const { size } = fstatSync(damaged)
    if (place === 'the header') writeSync(damaged, new Uint8Array(64).fill(7), 0, 64, 0)
    else for (let at = 8 * 4096; at < size; at += 4096) writeSync(damaged, new Uint8Array(4096).fill(7), 0, 4096, at)
    closeSync(damaged)
    const use = async () => {
      const again = sqliteStore(path, key)
      await again.list('meta').finally(() => again.close())
    }
    await expect(use()).rejects.toMatchObject({ code: 'store_corrupt', message: expect.stringContaining('damaged') })
    // The refusal keeps no lock: the damaged home can be moved away, or restored.
    await expect(use()).rejects.toMatchObject({ code: 'store_corrupt' })
  })
})
