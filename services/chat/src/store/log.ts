import type { Pool } from '@fastchat/db'
import type { EntryLog } from '../domain/ports.ts'
import { memberships } from './memberships.ts'
import { readPage } from './read-page.ts'
import { saveCursors } from './save-cursors.ts'
import { sweep } from './sweep.ts'

/**
 * Reads the log. It needs a separate pool: when many clients connect and read their backlog at
 * once, sends must not wait for them.
 */
export function createLog(pool: Pool): EntryLog {
  return {
    page: (key, after, maxEntries, maxBytes) => readPage(pool, { key, after, maxEntries, maxBytes }),
    memberships: (session) => memberships(pool, session),
    sweep: (mark) => sweep(pool, mark),
    saveCursors: (cursors) => saveCursors(pool, cursors),
    dbEpoch: () => dbEpoch(pool),
  }
}

async function dbEpoch(pool: Pool): Promise<string> {
  const { rows } = await pool.query<{ db_epoch: string }>('select db_epoch from installation')
  const [row] = rows
  if (row === undefined) throw new Error('the table installation has no row')
  return row.db_epoch
}
