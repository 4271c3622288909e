import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { freePort } from './local/index.ts'
import { type TestDatabase, testDatabase } from './test-database.ts'

const file = join(import.meta.dirname, '..', '..', '..', 'prisma', 'src', 'main.ts')
const [nothing, all] = ['Nothing to migrate', /^Applied [1-9]\d* migrations$/m]

let database: TestDatabase
const running: ChildProcess[] = []
beforeEach(async () => {
  database = await testDatabase({ empty: true })
})
afterEach(async () => {
  for (const process of running.splice(0)) process.kill('SIGKILL')
  await database.drop()
})

test('a second run of migrate finds nothing to do', async () => {
  expect(await run('migrate', { DATABASE_URL: database.url }).ended).toMatchObject({
    code: 0,
    output: expect.stringMatching(all),
  })
  expect(await run('migrate', { DATABASE_URL: database.url }).ended).toMatchObject({
    code: 0,
    output: expect.stringContaining(nothing),
  })
})

test('the URL of the database can be read from a file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-migrate-'))
  await writeFile(join(folder, 'url'), `${database.url}\n`)
  expect(await run('migrate', { DATABASE_URL_FILE: join(folder, 'url') }).ended).toMatchObject({ code: 0 })
  await rm(folder, { recursive: true })
})

test('the direct URL is used when both are given', async () => {
  const env = { DATABASE_URL: 'postgresql://127.0.0.1:1/pooler', DIRECT_DATABASE_URL: database.url }
  expect(await run('migrate', env).ended).toMatchObject({ code: 0, output: expect.stringMatching(all) })
  expect(await run('wait', env).ended).toEqual({ code: 0, output: '' })
})

test('migrate waits for a database that is not up yet', async () => {
  const port = await freePort()
  const early = new URL(database.url)
  const { hostname, port: realPort } = early
  early.hostname = '127.0.0.1'
  early.port = String(port)
  const migrating = run('migrate', { DATABASE_URL: early.href })
  await once(migrating.process.stdout!, 'data') // stdio is a pipe
  const late = createServer((socket) => {
    const onward = connect(Number(realPort), hostname)
    for (const one of [socket, onward]) one.on('error', () => undefined)
    socket.pipe(onward).pipe(socket)
  })
  late.listen(port, '127.0.0.1')
  expect(await migrating.ended).toMatchObject({ code: 0, output: expect.stringMatching(all) })
  late.close()
})

test('wait ends when another process has applied the migrations', async () => {
  const waiting = run('wait', { DATABASE_URL: database.url })
  await once(waiting.process.stdout!, 'data') // stdio is a pipe
  await run('migrate', { DATABASE_URL: database.url }).ended
  expect(await waiting.ended).toMatchObject({ code: 0, output: expect.stringContaining('no migration is applied') })
})

test('wait ends at once when all its migrations are applied, even if the database has later ones', async () => {
  await run('migrate', { DATABASE_URL: database.url }).ended
  await sql(
    "insert into _prisma_migrations (id, checksum, migration_name, finished_at) values ('x', 'x', '9999_later', now())",
  )
  expect(await run('wait', { DATABASE_URL: database.url }).ended).toEqual({ code: 0, output: '' })
})

test('wait fails at once when a migration has failed', async () => {
  await run('migrate', { DATABASE_URL: database.url }).ended
  await sql("update _prisma_migrations set finished_at = null where migration_name = '0001_init'")
  expect(await run('wait', { DATABASE_URL: database.url }).ended).toMatchObject({
    code: 1,
    output: expect.stringContaining('migration 0001_init failed'),
  })
})

test('errors name the cause and never the password', async () => {
  expect(await run('migrate', {}).ended).toMatchObject({ code: 1, output: expect.stringContaining('DATABASE_URL') })
  expect(await run('other', { DATABASE_URL: database.url }).ended).toMatchObject({
    code: 1,
    output: expect.stringContaining('usage'),
  })
  const nowhere = run('wait', { DATABASE_URL: 'postgresql://u:hidden@127.0.0.1:1/x' })
  await once(nowhere.process.stdout!, 'data') // stdio is a pipe
  nowhere.process.kill('SIGTERM')
  const { code, output } = await nowhere.ended
  expect({ code, output }).toMatchObject({ code: 143, output: expect.stringContaining('does not answer') })
  expect(output).not.toContain('hidden')
})

function run(command: string, env: Record<string, string>) {
  const { DATABASE_URL: _, DATABASE_URL_FILE: __, DIRECT_DATABASE_URL: ___, ...inherited } = process.env
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, command], {
    env: { ...inherited, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  const ended = Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]).then(
    // The event `exit` carries it.
    ([out, err, [code]]) => ({ code: code as number | null, output: out + err }),
  )
  return { process: child, ended }
}

async function sql(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  await client.query(statement)
  await client.end()
}
