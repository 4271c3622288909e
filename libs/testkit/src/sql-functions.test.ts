import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from './index.ts'

const folder = join(import.meta.dirname, '..', '..', '..', 'prisma', 'functions')
const files = (await readdir(folder)).sort()

let database: TestDatabase
let client: pg.Client

beforeAll(async () => {
  database = await testDatabase()
  client = new pg.Client({ connectionString: database.url })
  await client.connect()
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

type Definition = { readonly name: string; readonly text: string; readonly owner: string }

/** Returns the functions that the migrations have made, as PostgreSQL prints them. */
async function definitions(): Promise<Definition[]> {
  const { rows } = await client.query<Definition>(
    `select p.proname as name, pg_get_functiondef(p.oid) as text, p.proowner::regrole::text as owner from pg_proc p
     where p.pronamespace = 'public'::regnamespace
       and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
     order by name`,
  )
  return rows
}

test('every function of the database has a file, and every file a function', async () => {
  const names = (await definitions()).map(({ name }) => `${name.replaceAll('_', '-')}.sql`)
  expect(files).toEqual(names.toSorted())
})

test.each(files)('%s has the text that the migrations have made', async (file) => {
  const before = await definitions()
  await client.query('begin')
  try {
    await client.query(await readFile(join(folder, file), 'utf8'))
    expect(await definitions()).toEqual(before)
  } finally {
    await client.query('rollback')
  }
})
