import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { newClient } from './database-client.ts'

const folder = join(import.meta.dirname, '..')
const connectTimeoutMs = 10_000

/** Makes the roles of ../roles.sql, as somebody who may; those that there are stay. */
export async function createRoles(databaseUrl: string, ca: string | undefined): Promise<void> {
  const client = newClient(databaseUrl, ca, connectTimeoutMs)
  try {
    await client.connect()
    await client.query(await readFile(join(folder, 'roles.sql'), 'utf8'))
  } finally {
    await client.end()
  }
}

/** Gives the roles what ../grants.sql says, all of it or nothing; `false`: there are no such roles. The caller keeps others from it. */
export async function grantRights(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ exist: boolean }>("select to_regrole('fastchat_chat') is not null as exist")
  if (!rows[0]?.exist) return false
  await client.query(await readFile(join(folder, 'grants.sql'), 'utf8'))
  return true
}
