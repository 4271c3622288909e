import { execFile, execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, test } from 'vitest'
import { startPostgres } from './index.ts'

const isRoot = process.getuid?.() === 0
const folder = await mkdtemp(join(tmpdir(), 'fastchat-account-'))
await chmod(folder, 0o700)
afterAll(() => rm(folder, { recursive: true, force: true }))

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0]
  } finally {
    await client.end()
  }
}

/**
 * Starts PostgreSQL in a process behind `command` and returns its output: that it runs, or the
 * error.
 */
async function startBehind(command: readonly string[], dataDir: string): Promise<string> {
  const program = join(folder, 'starter.ts')
  await writeFile(
    program,
    `import { startPostgres } from ${JSON.stringify(join(import.meta.dirname, 'index.ts'))}
     try {
       const postgres = await startPostgres({ dataDir: process.argv[2] })
       console.log('it runs')
       await postgres.stop()
     } catch (error) {
       console.log(error.message)
     }`,
  )
  const [file = '', ...args] = [...command, process.execPath, '--disable-warning=ExperimentalWarning', program, dataDir]
  return new Promise((resolve) => execFile(file, args, (_, out, err) => resolve(`${out}${err}`.trim())))
}

function works(command: readonly string[]): boolean {
  try {
    execFileSync(command[0]!, [...command.slice(1), 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

test('PostgreSQL stores its data in a folder that only its owner may enter, and reports the path', async () => {
  const dataDir = join(folder, 'a b', 'data')
  await mkdir(join(folder, 'a b'), { mode: 0o700 })
  for (const told of ['made', 'found again']) {
    const postgres = await startPostgres({ dataDir })
    expect(await ask(postgres.url, "select current_setting('fastchat.data_folder')"), told).toBe(dataDir)
    // A library and files that PostgreSQL opens only when they are needed.
    expect(await ask(postgres.url, "select to_tsvector('german', 'Katzen')::text")).toBe("'katz':1")
    expect(
      await ask(postgres.url, "select ('2026-07-01 10:00'::timestamp at time zone 'Europe/Berlin')::text"),
    ).toMatch(/^2026-07-01 08:00/)
    await postgres.stop()
  }
  if (isRoot) expect((await stat(dataDir)).uid).not.toBe(0)
})

/**
 * A command that runs another where root is the only account, as `unshare -r` and containers
 * without subordinate ids do.
 */
const onlyRoot = ['unshare', '--user', '--map-root-user']

test.runIf(works(onlyRoot))('PostgreSQL runs where root is the only account', async () => {
  const dataDir = join(folder, 'one-account')
  expect(await startBehind(onlyRoot, dataDir)).toBe('it runs')
  expect(await startBehind(onlyRoot, dataDir)).toBe('it runs')
  // Later it also runs where there are other accounts.
  expect(await startBehind([], dataDir)).toBe('it runs')
  if (isRoot)
    expect(await startBehind(onlyRoot, dataDir)).toBe(
      `${dataDir} can't be read (EACCES): run as the account that made it, or choose another DATA_DIR`,
    )
})

const powerless = ['setpriv', '--bounding-set=-all', '--inh-caps=-all']

test.runIf(isRoot && works(powerless))('root without any capability is told what to do', async () => {
  expect(await startBehind(powerless, join(folder, 'powerless'))).toBe(
    'PostgreSQL does not run as root, and neither a "postgres" account nor a user namespace can be had: run as an ordinary user, or set DATABASE_URL',
  )
})
