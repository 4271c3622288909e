import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MigrationError, migrate } from '@fastchat/db/migrate'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { testDatabase } from './index.ts'

let folder = ''
let url = ''
let cleanUp: () => Promise<unknown>

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-migrations-'))
  const database = await testDatabase({ empty: true })
  url = database.url
  cleanUp = () => Promise.all([database.drop(), rm(folder, { recursive: true })])
})
afterEach(() => cleanUp())

async function write(name: string, sql: string): Promise<void> {
  await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, name, 'migration.sql'), sql)
}

async function query(sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('missing migrations are applied once, in the order of their names', async () => {
  await write('0002_fill', 'insert into fruit values (1)')
  await write('0001_make', 'create table fruit (id int)')
  expect(await migrate(url, { folder })).toEqual(['0001_make', '0002_fill'])
  expect(await migrate(url, { folder })).toEqual([])
  await write('0003_more', 'insert into fruit values (2); insert into fruit values (3)')
  expect(await migrate(url, { folder })).toEqual(['0003_more'])
  expect(await query('select id from fruit order by id')).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
})

test('an applied migration is recorded as Prisma would record it', async () => {
  await write('0001_one', 'select 1;\n')
  await migrate(url, { folder })
  const [row] = await query('select * from _prisma_migrations')
  expect(row).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    migration_name: '0001_one',
    // sha256sum of the file
    checksum: '4a45092ccf992ea92250053a80b931b787924ba61648f420555511b84f10ab6c',
    logs: null,
    rolled_back_at: null,
    finished_at: expect.any(Date),
    started_at: expect.any(Date),
    applied_steps_count: 1,
  })
})

test('processes that migrate at the same time apply each migration once', async () => {
  await write('0001_slow', 'create table fruit (id int); select pg_sleep(0.2); insert into fruit values (1)')
  const applied = await Promise.all([migrate(url, { folder }), migrate(url, { folder }), migrate(url, { folder })])
  expect(applied.flat()).toEqual(['0001_slow'])
  expect(await query('select id from fruit')).toEqual([{ id: 1 }])
})

test('a migration that fails changes nothing and can be applied after its mending', async () => {
  await write('0001_half', 'create table fruit (id int); select 1 / 0')
  await expect(migrate(url, { folder })).rejects.toThrow('0001_half failed and was rolled back: division by zero')
  expect(await query(`select to_regclass('fruit') as fruit`)).toEqual([{ fruit: null }])
  // so it cannot be recorded
  await write('0001_half', 'create table fruit (id int); drop table _prisma_migrations')
  await expect(migrate(url, { folder })).rejects.toThrow('0001_half failed and was rolled back')
  expect(await query(`select to_regclass('fruit') as fruit`)).toEqual([{ fruit: null }])
  await write('0001_half', 'create table fruit (id int)')
  expect(await migrate(url, { folder })).toEqual(['0001_half'])
})

test('a database whose migrations differ from those of the checkout is refused and not changed', async () => {
  await write('0001_one', 'select 1')
  await migrate(url, { folder })
  await write('0002_two', 'create table fruit (id int)')
  await write('0001_one', 'select 2')
  await expect(migrate(url, { folder })).rejects.toThrow('0001_one was changed after it was applied')
  await rm(join(folder, '0001_one'), { recursive: true })
  await expect(migrate(url, { folder })).rejects.toThrow('this version does not know')
  await write('0001_one', 'select 1')
  await query('update _prisma_migrations set finished_at = null')
  await expect(migrate(url, { folder })).rejects.toThrow(MigrationError)
  expect(await query(`select to_regclass('fruit') as fruit`)).toEqual([{ fruit: null }])
})
