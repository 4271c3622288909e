import { randomBytes } from 'node:crypto'
import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OperatorError } from './operator-error.ts'
import { lastLines, type OwnedProcess, startOwnedProcess } from './owned-process.ts'
import type { PostgresAccount } from './postgres-account.ts'
import type { PostgresBinaries } from './postgres-binaries.ts'

/** The name of the password file in the data folder. PostgreSQL's account alone can read it. */
export const passwordFile = 'fastchat.password'

/** Resolves true if `dataDir` holds a cluster. Throws OperatorError if we may not look into it. */
export async function isMade(dataDir: string): Promise<boolean> {
  try {
    await access(join(dataDir, 'PG_VERSION'))
    return true
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException // The file system throws it.
    if (code === 'ENOENT') return false
    throw new OperatorError(
      `${dataDir} can't be read (${code}): run as the account that made it, or choose another DATA_DIR`,
      { cause },
    )
  }
}

/**
 * Makes a cluster in `dataDir` with one superuser, `user`, and its password in `passwordFile`. It
 * is made in a folder beside its final place, so that a run killed half-way leaves nothing that
 * looks complete. Throws OperatorError.
 */
export async function makeCluster(
  dataDir: string,
  user: string,
  binaries: PostgresBinaries,
  account: PostgresAccount,
): Promise<void> {
  const building = `${dataDir}.building`
  const passwordPath = `${dataDir}.password`
  await rm(building, { recursive: true, force: true })
  await mkdir(building, { recursive: true, mode: 0o700 })
  await account.own(building)
  const password = randomBytes(24).toString('base64url')
  await writeFile(passwordPath, password, { mode: 0o600 })
  await account.own(passwordPath)
  const folder = await account.pathInside(building)
  const args = ['-D', folder, '-U', user, '-A', 'scram-sha-256', '--pwfile=/dev/stdin', '-E', 'UTF8']
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8']
  const stdin = await open(passwordPath)
  const initdb = await startOwnedProcess({
    name: 'initdb',
    ...account.command(binaries.initdb, [...args, ...locale]),
    env: { LC_ALL: 'C' },
    cwd: building,
    stdin,
  }).finally(() => stdin.close())
  const { code } = await initdb.exited
  if (code !== 0) throw new OperatorError(`PostgreSQL could not make ${dataDir}: ${lastWords(initdb)}`)
  await rename(passwordPath, join(building, passwordFile))
  await rename(building, dataDir)
}

/** Returns the line of the log that says why it failed. */
export function lastWords(server: OwnedProcess): string {
  const lines = lastLines(server.output(), 12).split('\n')
  return (lines.findLast((line) => /FATAL|PANIC|error:/.test(line)) ?? lines.at(-1) ?? '').trim() || 'it said nothing'
}
