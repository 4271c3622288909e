import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { testPostgresUrl } from '@fastchat/testkit'
import pg from 'pg'
import { needles } from './needles.ts'
import { password } from './person.ts'

/**
 * Returns a teardown for vitest that fails if a file of PostgreSQL holds the password of the tests'
 * people.
 */
export default function setup(): () => Promise<void> {
  return async () => {
    const control = `control ${crypto.randomUUID()}`
    const client = new pg.Client({ connectionString: testPostgresUrl() })
    await client.connect()
    const { rows } = await client.query("select current_setting('fastchat.data_folder') as folder")
    await client.query(`create table control as select '${control}'::text`)
    await client.query('checkpoint')
    await client.end()
    const folder = String(rows[0]?.folder)
    const wanted = needles(new TextEncoder().encode(password))
    const log = process.env.FASTCHAT_TEST_POSTGRES_LOG ?? ''
    let seesControl = false
    for (const path of [...(await filesIn(join(folder, 'base'))), ...(await filesIn(join(folder, 'pg_wal'))), log]) {
      // The file may have been removed meanwhile.
      const bytes = await readFile(path).catch(() => Buffer.alloc(0))
      seesControl ||= bytes.includes(control)
      if (wanted.some((needle) => bytes.includes(needle)))
        throw new Error(`the password of the tests' people is in ${path}`)
    }
    if (!seesControl) throw new Error(`what was planted in ${folder} was not found there: nor would a password be`)
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true })
  return found.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
