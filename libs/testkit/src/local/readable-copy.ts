import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, lstat, mkdir, mkdtemp, readdir, realpath, rename, rm, utimes } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { OperatorError } from './operator-error.ts'
import type { PostgresAccount } from './postgres-account.ts'
import { isOnlyRoots, isReadableByAll } from './reach.ts'
import { copyTree, fingerprint } from './tree.ts'

const run = promisify(execFile)

/** The folders for copies. The second is for systems where the first cannot be written. */
const usualPlaces = ['/var/cache', tmpdir()]

/** The time after which an unused copy is removed, such as that of an older version. */
const keptUnusedMs = 30 * 24 * 60 * 60_000

/**
 * The number of names for copies of one content. A damaged copy may be in use, so the next one gets
 * another name. Cleaners of temporary files damage copies.
 */
const maxNames = 5

/**
 * Returns a copy of `folder`, which holds PostgreSQL's programs, that every account can read. Root
 * needs it when the folder lies where only root may enter. Later starts with the same content use
 * the same copy. A copy is used only if its content is right and root alone can have made it.
 * Throws OperatorError.
 */
export async function readableCopy(
  folder: string,
  account: PostgresAccount,
  places: readonly string[] = usualPlaces,
): Promise<string> {
  const wanted = await fingerprint(folder)
  const failures: string[] = []
  for (const place of places) {
    try {
      const parent = join(await realpath(place), 'fastchat-postgres')
      const copy = await ensureCopy(folder, wanted, parent)
      await expectRuns(join(copy, 'bin', 'postgres'), account)
      await utimes(copy, new Date(), new Date())
      await removeUnused(parent)
      return copy
    } catch (error) {
      failures.push(`${place}: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
    }
  }
  throw new OperatorError(
    `the "postgres" account can't enter ${folder}, and a copy can't be made (${failures.join('; ')}): move the checkout out of a private folder, run as an ordinary user, or set DATABASE_URL`,
  )
}

async function ensureCopy(folder: string, wanted: string, parent: string): Promise<string> {
  await mkdir(parent).catch(unless('EEXIST'))
  if (!(await isOnlyRoots(parent))) throw new Error('other accounts can change it')
  await chmod(parent, 0o755)
  for (let number = 0; number < maxNames; number++) {
    const copy = join(parent, `${wanted}-${number}`)
    if (!existsSync(copy)) await placeCopy(folder, copy)
    if (await isGood(copy, wanted)) return copy
  }
  throw new Error('all copies are damaged')
}

/**
 * Copies to a temporary name first. A start that is killed leaves nothing that looks complete, and
 * two starts at the same time do not disturb each other.
 */
async function placeCopy(folder: string, copy: string): Promise<void> {
  const building = await mkdtemp(`${copy}.`)
  try {
    await copyTree(folder, join(building, 'copy'))
    // Another start was faster.
    await rename(join(building, 'copy'), copy).catch(unless('ENOTEMPTY', 'EEXIST'))
  } finally {
    await rm(building, { recursive: true, force: true })
  }
}

async function isGood(copy: string, wanted: string): Promise<boolean> {
  try {
    return (await isOnlyRoots(copy)) && (await isReadableByAll(copy)) && (await fingerprint(copy)) === wanted
  } catch {
    return false
  }
}

/** Returns a handler that ignores file system errors of these codes and throws others again. */
const unless =
  (...codes: readonly string[]) =>
  (error: NodeJS.ErrnoException) => {
    if (!codes.includes(error.code ?? '')) throw error
  }

/** Runs the program once. A file system may be mounted without the right to run programs. */
async function expectRuns(program: string, account: PostgresAccount): Promise<void> {
  const { command, args, uid, gid } = account.command(program, ['--version'])
  await run(command, args, { cwd: '/', ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) })
}

/** Removes old copies from which no server runs. */
async function removeUnused(parent: string): Promise<void> {
  const { stdout: running } = await run('ps', ['-A', '-o', 'args='], { maxBuffer: 64 * 1024 * 1024 })
  for (const name of await readdir(parent)) {
    const path = join(parent, name)
    const found = await lstat(path).catch(() => undefined) // Another start may have removed it.
    if (found === undefined || Date.now() - found.mtimeMs < keptUnusedMs || running.includes(path)) continue
    await rm(path, { recursive: true, force: true })
  }
}
