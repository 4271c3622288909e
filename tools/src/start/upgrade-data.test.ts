import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { migrate } from '@fastchat/db/migrate'
import { OperatorError, startPostgres } from '@fastchat/testkit/local'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { upgradeData } from './upgrade-data.ts'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-upgrade-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function ask(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}

/**
 * Data that a copy might lose: bytes, numbers, times, JSON, letters that a file of rows must
 * escape, foreign keys, partitions, identities.
 */
const seeds = [
  `insert into "user" (pub_id, username, password_hash, account_key, kdf)
   select gen_random_uuid(), 'user-' || n, E'a\\tb\\\\c\\n', sha256(n::text::bytea), '{"m": 1}' from generate_series(1, 300) n`,
  `insert into vault (user_id, version, body) select id, 1, '\\x000a0d5c2e' from "user"`,
  `delete from "user" where username = 'user-300'`,
  `insert into conversation (pub_id, kind, creator_id, last_seq) select gen_random_uuid(), 1, id, 3 from "user"`,
  `insert into message (conversation_id, seq, sender_device, client_id, kind, envelope)
   select c.id, n, 7, gen_random_uuid(), 0, '\\x00ff' from conversation c, generate_series(1, 3) n`,
]

/** Returns every row as text, except those of tables that are not copied. */
async function contents(url: string): Promise<Record<string, unknown>> {
  const tables = await ask(
    url,
    `select relname::text as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
       and not relispartition and relname not in ('append_feed', '_prisma_migrations') order by relname`,
  )
  const all: Record<string, unknown> = {}
  for (const { name } of tables)
    all[String(name)] = (await ask(url, `select t::text from "${name}" t order by t::text`)).map(({ t }) => t)
  return all
}

const nextUser = `insert into "user" (pub_id, username, password_hash, account_key) values (gen_random_uuid(), 'next', '', '') returning id`

test('an upgrade copies every row to a new folder and keeps the old one; without the old programs it changes nothing', {
  timeout: 300_000,
}, async () => {
  await mkdir(join(folder, 'data'), { mode: 0o711 })
  const dataDir = join(folder, 'data', 'postgres')
  const before = await startPostgres({ dataDir })
  await migrate(before.url)
  await ask(before.url, ...seeds)
  const rows = await contents(before.url)
  expect(rows.message).toHaveLength(897)
  await before.stop()
  const major = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim()

  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const noNetwork = async () => Promise.reject(new OperatorError('no network'))
  await expect(upgradeData({ dataDir, say, fetchPrograms: noNetwork })).rejects.toThrow('no network')
  expect(existsSync(`${dataDir}.${major}`)).toBe(false)

  // Another major version would have to be downloaded, so the test uses the same one twice.
  await upgradeData({ dataDir, say, fetchPrograms: async () => join(import.meta.dirname, '../../..') })
  expect(said.at(-2)).toBe(
    `The data are of PostgreSQL ${major} now. The old ones are in ${dataDir}.${major}: delete them when all is well.`,
  )
  const after = await startPostgres({ dataDir })
  expect(await contents(after.url)).toEqual(rows)
  expect(await ask(after.url, nextUser)).toEqual([{ id: '301' }])
  await after.stop()
  const kept = await startPostgres({ dataDir: `${dataDir}.${major}` })
  expect(await contents(kept.url)).toEqual(rows)
  await kept.stop()
  await expect(upgradeData({ dataDir, say })).rejects.toThrow(`${dataDir}.${major} is there already`)
  await expect(upgradeData({ dataDir: join(folder, 'none'), say })).rejects.toThrow('there are no data in')
})

test('data of another major version are rejected with both versions and the command to run', async () => {
  const dataDir = join(folder, 'refused')
  await (await startPostgres({ dataDir })).stop()
  const ours = (await readFile(join(dataDir, 'PG_VERSION'), 'utf8')).trim()
  await writeFile(join(dataDir, 'PG_VERSION'), '17\n')
  const failure = await startPostgres({ dataDir }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(OperatorError)
  expect(String(failure)).toMatch(
    new RegExp(
      `are of PostgreSQL 17, and this FastChat brings PostgreSQL ${ours}: run npm start -- --upgrade-data once`,
    ),
  )
})
