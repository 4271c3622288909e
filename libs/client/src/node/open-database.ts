import { chmodSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { tables } from '../store/store.ts'
import { writePatienceMs } from './checkpoints.ts'
import { erasableTables, leadBytes, pageBytes } from './erasable.ts'

/** The version in which values of erasable tables begin with a lead of zeros. */
const withLeads = 1
/** The version in which the file was rewritten without the remains of earlier values. */
const rewritten = 2

/** Opens or makes the database of a store at `path`. Only its owner can read and write it. */
export function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    chmodSync(path, 0o600)
    db.exec(`pragma page_size = ${pageBytes}; pragma journal_mode = wal; pragma synchronous = full`)
    // `fast` would not zero pages on the list of free ones.
    db.exec(`pragma secure_delete = on; pragma busy_timeout = ${writePatienceMs}`)
    const isNew = numberOf(db, 'page_count') === 0
    for (const table of tables)
      db.exec(`create table if not exists "${table}" (key text primary key, value blob not null) without rowid`)
    if (isNew) db.exec(`pragma user_version = ${rewritten}`)
    else upgrade(db)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Upgrades a store of an earlier version. Each step is atomic, and runs once. */
function upgrade(db: DatabaseSync): void {
  if (numberOf(db, 'user_version') < withLeads) {
    const addLead = `set value = cast(zeroblob(${leadBytes}) || value as blob)`
    const steps = [...erasableTables].map((table) => `update "${table}" ${addLead}`)
    db.exec(['begin immediate', ...steps, `pragma user_version = ${withLeads}`, 'commit'].join(';'))
  }
  if (numberOf(db, 'user_version') < rewritten) {
    db.exec('vacuum')
    db.exec(`pragma user_version = ${rewritten}`)
  }
}

function numberOf(db: DatabaseSync, name: 'page_count' | 'user_version'): number {
  // The cast holds because both pragmas return one row with one number.
  return db.prepare(`pragma ${name}`).get()?.[name] as number
}
