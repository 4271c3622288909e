import { expect } from 'vitest'
import { type OwnPostgres, runMigrations, startOwnPostgres } from './own-postgres.ts'

export const roleNames = ['owner', 'auth', 'chat', 'admin'] as const
export type Role = (typeof roleNames)[number]

export type RolesPostgres = OwnPostgres & { urlOf(role: Role): string }

/** A PostgreSQL as the documentation has an operator make it: the roles by `roles`, the tables by the owner's `migrate`. */
export async function startPostgresWithRoles(): Promise<RolesPostgres> {
  const postgres = await startOwnPostgres({ isEmpty: true })
  const urlOf = (role: Role) => postgres.url.replace(/\/\/[^@]*@/, `//fastchat_${role}:of-${role}@`)
  // Twice, since both may be run again at any time.
  for (let time = 0; time < 2; time++) {
    expect(await runMigrations('roles', { DATABASE_URL: postgres.url })).toMatchObject({ code: 0 })
    for (const role of roleNames) await postgres.sql(`alter role fastchat_${role} password 'of-${role}'`)
    const env = { DIRECT_DATABASE_URL: urlOf('owner'), DATABASE_URL: urlOf('chat') }
    expect(await runMigrations('migrate', env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('The roles have their rights'),
    })
  }
  return { ...postgres, urlOf }
}
