import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { eventually } from '../eventually.ts'
import { freePort, OperatorError, startPostgres, startProcess } from './index.ts'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-postgres-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

test('committed rows survive kill -9 of PostgreSQL, and the URL stays the same', async () => {
  const options = { dataDir: join(folder, 'killed'), port: await freePort() }
  const first = await startPostgres(options)
  await query(first.url, 'create table kept as select 1 as id')
  first.kill('SIGKILL')
  await first.exited
  const second = await startPostgres(options)
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'select id from kept')).toEqual([{ id: 1 }])
  await second.stop()

  // When a container starts again, the old pid belongs to another program.
  await writeFile(join(options.dataDir, 'postmaster.pid'), `${process.pid}\n${options.dataDir}\n`)
  const third = await startPostgres(options)
  expect(await query(third.url, 'select id from kept')).toEqual([{ id: 1 }])
  await third.stop()
})

test('PostgreSQL ends with the process that started it, even if that is killed', async () => {
  const program = join(folder, 'starter.ts')
  const dataDir = join(folder, 'orphan')
  const local = join(import.meta.dirname, 'index.ts')
  await writeFile(
    program,
    `import { startPostgres } from ${JSON.stringify(local)}
     const { url } = await startPostgres({ dataDir: ${JSON.stringify(dataDir)} })
     console.log(JSON.stringify({ url }))`,
  )
  const starter = await startProcess({ name: 'starter', file: program })
  const { url } = await eventually(() => JSON.parse(starter.output()), { timeoutMs: 30_000 })
  await query(url, 'select 1')
  starter.kill('SIGKILL')
  await starter.exited
  await eventually(() => expect(query(url, 'select 1')).rejects.toThrow('ECONNREFUSED'), { timeoutMs: 20_000 })
})

test('an earlier server that still uses the folder is stopped first', async () => {
  const dataDir = join(folder, 'left-over')
  const left = await startPostgres({ dataDir })
  await query(left.url, 'create table kept as select 1 as id')
  const next = await startPostgres({ dataDir })
  expect(await left.exited).toEqual({ code: 0, signal: null })
  expect(await query(next.url, 'select id from kept')).toEqual([{ id: 1 }])
  await next.stop()
})

test('the error about an unusable folder says what is wrong', async () => {
  const dataDir = join(folder, 'foreign')
  await mkdir(dataDir)
  await writeFile(join(dataDir, 'PG_VERSION'), '18')
  await expect(startPostgres({ dataDir })).rejects.toThrow(/was not made by FastChat/)
  await writeFile(join(dataDir, 'fastchat.password'), 'x')
  const failure = await startPostgres({ dataDir }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(OperatorError)
  expect(String(failure)).toMatch(/did not start in .*foreign: .*could not access the server configuration file/)
})
