import { type Range, type Row, type Store, type Table, tables } from '../src/store/store.ts'

/**
 * Returns a store in memory that ends with the process: for tests, and for bots that want to be a
 * new device each time.
 */
export function memoryStore(): Store {
  const contents = new Map<Table, Map<string, Uint8Array>>(tables.map((table) => [table, new Map()]))
  const of = (table: Table) => contents.get(table) ?? new Map<string, Uint8Array>()
  return {
    get: async (table, key) => of(table).get(key),
    list: async (table, range = {}) => select([...of(table)], range),
    write: async (batch) => {
      for (const { table, key, value } of batch) {
        if (value === undefined) of(table).delete(key)
        else of(table).set(key, value.slice())
      }
    },
    close: async () => {},
  }
}

function select(all: [string, Uint8Array][], { prefix = '', before, after, limit, descending }: Range): Row[] {
  const rows = all
    .filter(
      ([key]) =>
        key.startsWith(prefix) && (before === undefined || key < before) && (after === undefined || key > after),
    )
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value }))
  if (descending) rows.reverse()
  return limit === undefined ? rows : rows.slice(0, limit)
}
