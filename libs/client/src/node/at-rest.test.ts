import { cpSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createStoreKey, seal } from '@fastchat/crypto'
import { filesHolding } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { type Table, tables, type Write } from '../store/store.ts'
import { checkpointAfterMs, checkpointRetryMs, type Schedule } from './checkpoints.ts'
import { sqliteStore } from './sqlite-store.ts'

const key = createStoreKey()
const newFolder = () => mkdtempSync(join(tmpdir(), 'fastchat-at-rest-'))
const file = (folder: string) => join(folder, 'store.db')
const bytes = (length: number) => new Uint8Array(length)

/** Timers that go off when the test says so. */
function manualTimers() {
  const timers = new Set<{ ms: number; work: () => void }>()
  const schedule: Schedule = (ms, work) => {
    const timer = { ms, work }
    timers.add(timer)
    return () => timers.delete(timer)
  }
  const fire = () => {
    const due = [...timers]
    timers.clear()
    for (const { work } of due) work()
  }
  return { schedule, fire, waiting: () => [...timers].map(({ ms }) => ms) }
}

/** Returns the bytes of a row on the disk, as another process may read them. */
function onDisk(folder: string, table: Table, row: string): Uint8Array {
  const db = new DatabaseSync(file(folder), { readOnly: true })
  const found = db.prepare(`select value from "${table}" where key = ?`).get(row)
  db.close()
  return found?.value as Uint8Array
}

test.each(tables)('replaced and removed values of %s are in no file after the checkpoint was due', async (table) => {
  const [folder, timers] = [newFolder(), manualTimers()]
  const store = sqliteStore(file(folder), key, timers.schedule)
  const old: Uint8Array[] = []
  await store.write([{ table, key: 'removed', value: bytes(9000) }])
  old.push(onDisk(folder, table, 'removed'))
  for (const size of [300, 9000, 9000, 20_000, 500]) {
    await store.write([{ table, key: 'replaced', value: bytes(size) }])
    old.push(onDisk(folder, table, 'replaced'))
  }
  await store.write([{ table, key: 'removed', value: undefined }])
  const live = old.pop() as Uint8Array

  expect(filesHolding(folder, old)).toContain('store.db-wal')
  expect(timers.waiting()).toEqual([checkpointAfterMs])
  timers.fire()
  expect(filesHolding(folder, old)).toEqual([])
  expect(filesHolding(folder, [live])).toEqual(['store.db'])
  expect(timers.waiting()).toEqual([])
  await store.close()
})

test('no part of a replaced ratchet stays where SQLite has moved rows', { timeout: 120_000 }, async () => {
  const [folder, timers] = [newFolder(), manualTimers()]
  const store = sqliteStore(file(folder), key, timers.schedule)
  const db = new DatabaseSync(file(folder), { readOnly: true })
  const rows = db.prepare('select value from groups')
  const lying = () => rows.all().map(({ value }) => Buffer.from(value as Uint8Array))
  const random = pseudoRandom(3)
  const seen = new Map<string, Uint8Array>()
  for (let round = 0; round < 150; round++) {
    const batch = Array.from({ length: 40 }, (): Write => {
      const value = random(5) === 0 ? undefined : bytes(random(900))
      return { table: 'groups', key: `group ${random(400)}`, value }
    })
    await store.write(batch)
    for (const sealed of lying()) seen.set(sealed.toString('hex'), sealed)
  }
  for (const live of lying()) seen.delete(live.toString('hex'))
  db.close()
  timers.fire()
  expect(seen.size).toBeGreaterThan(2000)
  expect(filesHolding(folder, [...seen.values()])).toEqual([])
  await store.close()
})

test('a reader delays the checkpoint, which is retried while writes continue', async () => {
  const [folder, timers] = [newFolder(), manualTimers()]
  const store = sqliteStore(file(folder), key, timers.schedule)
  await store.write([{ table: 'groups', key: 'a', value: bytes(5000) }])
  const old = onDisk(folder, 'groups', 'a')
  const reader = new DatabaseSync(file(folder), { readOnly: true })
  reader.exec('begin')
  reader.prepare('select count(*) from groups').get()
  await store.write([{ table: 'groups', key: 'a', value: bytes(5000) }])
  for (let attempt = 0; attempt < 3; attempt++) {
    timers.fire()
    expect(timers.waiting()).toEqual([checkpointRetryMs])
    await store.write([{ table: 'meta', key: 'b', value: bytes(attempt) }])
  }
  expect(filesHolding(folder, [old])).not.toEqual([])
  reader.exec('commit')
  timers.fire()
  expect(filesHolding(folder, [old])).toEqual([])

  reader.exec('begin')
  reader.prepare('select count(*) from groups').get()
  await store.write([{ table: 'groups', key: 'a', value: undefined }])
  await store.close()
  expect(timers.waiting()).toEqual([])
  reader.close()
})

test('the remains of a killed process leave the log when the store is opened next', async () => {
  const [folder, timers] = [newFolder(), manualTimers()]
  const killed = sqliteStore(file(folder), key, timers.schedule)
  await killed.write([{ table: 'intents', key: 'a', value: bytes(5000) }])
  const old = onDisk(folder, 'intents', 'a')
  await killed.write([{ table: 'intents', key: 'a', value: bytes(5000) }])
  expect(filesHolding(folder, [old])).toEqual(['store.db-wal'])
  // The files as a process leaves them that is killed now.
  const left = newFolder()
  cpSync(folder, left, { recursive: true })
  await killed.close()
  const next = sqliteStore(file(left), key, timers.schedule)
  expect(filesHolding(left, [old])).toEqual([])
  await next.close()
})

test('closing empties the log, also while another process has the store open, and leaves no timer', async () => {
  const [folder, timers] = [newFolder(), manualTimers()]
  const store = sqliteStore(file(folder), key, timers.schedule)
  const other = new DatabaseSync(file(folder), { readOnly: true })
  other.prepare('select count(*) from groups').get()
  await store.write([{ table: 'groups', key: 'a', value: bytes(5000) }])
  const old = onDisk(folder, 'groups', 'a')
  await store.write([{ table: 'groups', key: 'a', value: undefined }])
  await store.close()
  expect(filesHolding(folder, [old])).toEqual([])
  expect(timers.waiting()).toEqual([])
  other.close()
})

test('a store of the first format opens, and its remains on the disk are gone', async () => {
  const folder = newFolder()
  const before = new DatabaseSync(file(folder))
  before.exec('pragma journal_mode = wal; pragma secure_delete = off')
  const old: Uint8Array[] = []
  for (const table of tables) {
    before.exec(`create table "${table}" (key text primary key, value blob not null) without rowid`)
    const put = before.prepare(`insert or replace into "${table}" values ('a', ?)`)
    for (const size of [9000, 300]) {
      old.push(seal(key, bytes(size), `${table}/a`))
      put.run(old.at(-1) as Uint8Array)
    }
    put.run(seal(key, new TextEncoder().encode(`kept in ${table}`), `${table}/a`))
  }
  before.close()
  expect(filesHolding(folder, old)).toEqual(['store.db'])

  for (let opening = 0; opening < 2; opening++) {
    const store = sqliteStore(file(folder), key)
    for (const table of tables) expect(new TextDecoder().decode(await store.get(table, 'a'))).toBe(`kept in ${table}`)
    expect((await store.list('groups')).length).toBe(1)
    expect(filesHolding(folder, old)).toEqual([])
    await store.close()
  }
  const after = new DatabaseSync(file(folder), { readOnly: true })
  expect(after.prepare('pragma user_version').get()).toEqual({ user_version: 2 })
  after.close()
})

/** Returns the same numbers in each run, so that the trees of the database have the same shape. */
function pseudoRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}
