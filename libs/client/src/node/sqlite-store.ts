import { closeSync, existsSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { open, seal } from '@fastchat/crypto'
import { type Range, type Row, type Store, type Table, tables } from '../store/store.ts'
import { bySystemTimer, checkpointsOf, type Schedule } from './checkpoints.ts'
import { fromStored, toStored } from './erasable.ts'
import { lockHome } from './home-lock.ts'
import { openDatabase } from './open-database.ts'
import { guarded, storageError } from './storage-error.ts'

/** Returns the file whose lock the writer of a store holds. */
const storeLockOf = (path: string): string => `${path}.lock`

/**
 * Returns a store in one SQLite file. Values are sealed under `storeKey` with their table and key
 * as associated data. Without the key a row can't be read, or moved to another row. Keys (ids and
 * sequence numbers) are in the clear. `write` is one transaction, flushed to the disk before it
 * returns.
 *
 * Replaced and removed values leave the disk, the database file and the write-ahead log, at the
 * next checkpoint. That is at most `checkpointAfterMs` after the write, or later while another
 * process is reading. The remains of a killed process leave the log when the store is opened next.
 *
 * The store has one writer: it holds a lock until it is closed, or its process ends.
 *
 * @throws {ClientError} `store_locked` while another writer has it, `store_corrupt` when its file
 *   is no database; `storage_full`, `not_writable` and `store_corrupt` also come from each method
 */
export function sqliteStore(path: string, storeKey: Uint8Array, schedule: Schedule = bySystemTimer): Store {
  const place = dirname(path)
  const letGo = guarded(place, () => lockStore(path))
  const db = guarded(place, () => openOrLetGo(path, letGo))
  const checkpoints = checkpointsOf(db, schedule)
  checkpoints.flush()
  const statements = new Map(tables.map((table) => [table, prepare(db, table)]))
  const of = (table: Table) => {
    const found = statements.get(table)
    if (!found) throw new RangeError(`no table ${table}`)
    return found
  }
  const placeOf = (table: Table, key: string) => `${table}/${key}`
  const openRow = (table: Table, key: string, value: Uint8Array): Uint8Array =>
    open(storeKey, fromStored(table, value), placeOf(table, key))
  return {
    async get(table, key) {
      const row = guarded(place, () => of(table).get.get(key))
      // The cast holds because values are blobs.
      return row && guarded(place, () => openRow(table, key, row.value as Uint8Array))
    },
    async list(table, range = {}) {
      return guarded(place, () =>
        select(of(table), range).map(({ key, value }) => ({ key, value: openRow(table, key, value) })),
      )
    },
    async write(batch) {
      checkpoints.wrote()
      try {
        db.exec('begin immediate')
        for (const { table, key, value } of batch) {
          if (value === undefined) of(table).remove.run(key)
          else of(table).put.run(key, toStored(table, seal(storeKey, value, placeOf(table, key))))
        }
        db.exec('commit')
      } catch (error) {
        // A full disk has ended the transaction already.
        if (db.isTransaction) db.exec('rollback')
        throw storageError(error, place)
      }
    },
    async close() {
      checkpoints.stop()
      db.close()
      letGo()
    },
  }
}

/** Locks a store for one writer. Two of them would use the keys of a ratchet twice. */
function lockStore(path: string): () => void {
  const lock = storeLockOf(path)
  // Opening a file that is there, and closing it again, would release locks of this process.
  if (!existsSync(lock)) closeSync(openSync(lock, 'a', 0o600))
  return lockHome(lock)
}

function openOrLetGo(path: string, letGo: () => void): DatabaseSync {
  try {
    return openDatabase(path)
  } catch (error) {
    letGo()
    throw error
  }
}

type Statements = Readonly<Record<'get' | 'put' | 'remove' | 'ascending' | 'descending', StatementSync>>

function prepare(db: DatabaseSync, table: Table): Statements {
  const list = `select key, value from "${table}" where key >= ? and key < ? and key > ? order by key`
  return {
    get: db.prepare(`select value from "${table}" where key = ?`),
    put: db.prepare(`insert into "${table}" values (?, ?) on conflict (key) do update set value = excluded.value`),
    remove: db.prepare(`delete from "${table}" where key = ?`),
    ascending: db.prepare(`${list} asc limit ?`),
    descending: db.prepare(`${list} desc limit ?`),
  }
}

/** This character is greater than every character of a key. */
const last = '\u{10ffff}'

function select(statements: Statements, { prefix = '', before, after, limit, descending }: Range): Row[] {
  const end = prefix + last
  const rows = statements[descending ? 'descending' : 'ascending'].all(
    ...[prefix, before !== undefined && before < end ? before : end, after ?? '', limit ?? -1],
  )
  // The cast holds because the columns are those of the query.
  return rows as Row[]
}
