import { chmodSync } from 'node:fs'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { open, seal } from '@fastchat/crypto'
import { type Range, type Row, type Store, type Table, tables } from '../store/store.ts'

/**
 * A store in one SQLite file, its values sealed under `storeKey` with their place as associated data: a row can't be read,
 * nor put in another row's place, without the key. Keys (ids and sequence numbers) are in the clear. `write` is one
 * transaction, flushed to the disk before it returns.
 */
export function sqliteStore(path: string, storeKey: Uint8Array): Store {
  const db = new DatabaseSync(path)
  chmodSync(path, 0o600)
  db.exec('pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on; pragma busy_timeout = 2000')
  for (const table of tables)
    db.exec(`create table if not exists "${table}" (key text primary key, value blob not null) without rowid`)
  const statements = new Map(tables.map((table) => [table, prepare(db, table)]))
  const of = (table: Table) => {
    const found = statements.get(table)
    if (!found) throw new RangeError(`no table ${table}`)
    return found
  }
  const place = (table: Table, key: string) => `${table}/${key}`
  return {
    async get(table, key) {
      const row = of(table).get.get(key)
      return row && open(storeKey, row.value as Uint8Array, place(table, key))
    },
    async list(table, range = {}) {
      return select(db, table, range).map(({ key, value }) => ({
        key,
        value: open(storeKey, value, place(table, key)),
      }))
    },
    async write(batch) {
      db.exec('begin immediate')
      try {
        for (const { table, key, value } of batch) {
          if (value === undefined) of(table).remove.run(key)
          else of(table).put.run(key, seal(storeKey, value, place(table, key)))
        }
        db.exec('commit')
      } catch (error) {
        db.exec('rollback')
        throw error
      }
    },
    async close() {
      db.close()
    },
  }
}

function prepare(db: DatabaseSync, table: Table): Record<'get' | 'put' | 'remove', StatementSync> {
  return {
    get: db.prepare(`select value from "${table}" where key = ?`),
    put: db.prepare(`insert into "${table}" values (?, ?) on conflict (key) do update set value = excluded.value`),
    remove: db.prepare(`delete from "${table}" where key = ?`),
  }
}

/** Greater than every character that a key has. */
const last = '\u{10ffff}'

function select(db: DatabaseSync, table: Table, { prefix = '', before, after, limit, descending }: Range): Row[] {
  const query = `select key, value from "${table}" where key >= ? and key < ? and key > ? order by key ${descending ? 'desc' : 'asc'} limit ?`
  const end = prefix + last
  const rows = db
    .prepare(query)
    .all(prefix, before !== undefined && before < end ? before : end, after ?? '', limit ?? -1)
  // The columns are those of the query.
  return rows as Row[]
}
