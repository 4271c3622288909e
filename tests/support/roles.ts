import { expect } from 'vitest'
import { type OwnPostgres, runMigrations, startOwnPostgres } from './own-postgres.ts'

export const roleNames = ['owner', 'auth', 'chat', 'admin'] as const
export type Role = (typeof roleNames)[number]

export type RolesPostgres = OwnPostgres & { urlOf(role: Role): string }

/**
 * Starts a PostgreSQL and changes it from one role to several, as the documentation tells
 * operators. `roles` creates the roles, the tables get their new owner, and the new owner's
 * `migrate` grants the rights.
 */
export async function startPostgresWithRoles(): Promise<RolesPostgres> {
  const postgres = await startOwnPostgres({ isEmpty: true })
  const urlOf = (role: Role) => postgres.url.replace(/\/\/[^@]*@/, `//fastchat_${role}:of-${role}@`)
  await postgres.sql("create role former login password 'of-former'; grant create on schema public to former")
  const former = postgres.url.replace(/\/\/[^@]*@/, '//former:of-former@')
  expect(await runMigrations('migrate', { DATABASE_URL: former })).toMatchObject({ code: 0 })
  // The commands run twice, since an operator may repeat them at any time.
  for (let time = 0; time < 2; time++) {
    expect(await runMigrations('roles', { DATABASE_URL: postgres.url })).toMatchObject({ code: 0 })
    for (const role of roleNames) await postgres.sql(`alter role fastchat_${role} password 'of-${role}'`)
    await postgres.sql('reassign owned by former to fastchat_owner')
    const env = { DIRECT_DATABASE_URL: urlOf('owner'), DATABASE_URL: urlOf('chat') }
    expect(await runMigrations('migrate', env)).toMatchObject({
      code: 0,
      output: expect.stringContaining('The roles have their rights'),
    })
  }
  return { ...postgres, urlOf }
}
