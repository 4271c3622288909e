import type { Pool } from '@fastchat/db'
import type { EntryLog } from '../domain/ports.ts'
import { memberships } from './memberships.ts'
import { readPage } from './read-page.ts'
import { saveCursors } from './save-cursors.ts'
import { sweep } from './sweep.ts'

/** Give it a pool of its own: a storm of connects, each reading its backlog, must not delay sends. */
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
  if (row === undefined) throw new Error('the table installation has lost its row')
  return row.db_epoch
}
