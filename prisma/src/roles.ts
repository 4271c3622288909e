import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { newClient } from './database-client.ts'

const folder = join(import.meta.dirname, '..')
const connectTimeoutMs = 10_000

/**
 * Creates the roles of ../roles.sql; existing ones stay. The user of the URL must be allowed to.
 */
export async function createRoles(databaseUrl: string, ca: string | undefined): Promise<void> {
  const client = newClient(databaseUrl, ca, connectTimeoutMs)
  try {
    await client.connect()
    await client.query(await readFile(join(folder, 'roles.sql'), 'utf8'))
  } finally {
    await client.end()
  }
}

/**
 * Runs ../grants.sql in one transaction. Returns false if the roles do not exist. The caller must
 * exclude parallel runs.
 */
export async function grantRights(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ exist: boolean }>("select to_regrole('fastchat_chat') is not null as exist")
  if (!rows[0]?.exist) return false
  await client.query(await readFile(join(folder, 'grants.sql'), 'utf8'))
  return true
}
