import { SealError, webOpen, webSeal } from '@fastchat/crypto'
import type { IDBPDatabase } from 'idb'
import type { Range, Row, Store, Table, Write } from '../store/store.ts'
import { type StoreSchema, webStoreError } from './web-database.ts'

/** Sorts after every key: keys are ASCII. */
const afterAll = '\uffff'

/**
 * Opens the store in a database of this browser. Rows are sealed under `key`; their keys are not.
 *
 * A write is strict: it resolves when the operating system has been told to store it. A relaxed
 * write could be lost in a power cut, after the server was told that this device has a message, or
 * after a key was used.
 */
export function indexedDbStore(database: IDBPDatabase<StoreSchema>, key: CryptoKey): Store {
  const open = (table: Table, row: string, sealed: Uint8Array) => webOpen(key, sealed, place(table, row))
  return {
    async get(table, row) {
      return await translated(async () => {
        const sealed = await database.get('rows', [table, row])
        return sealed && (await open(table, row, sealed))
      })
    },
    async list(table, range = {}) {
      return await translated(async () => {
        const rows = await readRows(database, table, range)
        return await Promise.all(rows.map(async (row) => ({ ...row, value: await open(table, row.key, row.value) })))
      })
    },
    async write(batch) {
      await translated(async () => {
        // A transaction ends by itself at the first pause, so everything is sealed before.
        const sealed = await Promise.all(batch.map((write) => sealWrite(key, write)))
        const transaction = database.transaction('rows', 'readwrite', { durability: 'strict' })
        const done = sealed.map(({ table, key: row, value }) =>
          value === undefined ? transaction.store.delete([table, row]) : transaction.store.put(value, [table, row]),
        )
        await Promise.all([...done, transaction.done])
      })
    },
    async close() {
      database.close()
    },
  }
}

const place = (table: Table, row: string): string => `${table}/${row}`

async function sealWrite(key: CryptoKey, write: Write): Promise<Write> {
  return write.value === undefined
    ? write
    : { ...write, value: await webSeal(key, write.value, place(write.table, write.key)) }
}

/** Returns the sealed rows of a range. */
async function readRows(database: IDBPDatabase<StoreSchema>, table: Table, range: Range): Promise<Row[]> {
  const keys = keysOf(table, range)
  if (!keys) return []
  const { limit, descending } = range
  const { store } = database.transaction('rows')
  if (descending) {
    const rows: Row[] = []
    for (let at = await store.openCursor(keys, 'prev'); at && rows.length < (limit ?? Number.POSITIVE_INFINITY); ) {
      rows.push({ key: at.key[1], value: at.value })
      at = await at.continue()
    }
    return rows
  }
  const [names, values] = await Promise.all([store.getAllKeys(keys, limit), store.getAll(keys, limit)])
  // Both lists come from one transaction, so they have the same rows.
  return values.map((value, n) => ({ key: names[n]?.[1] ?? '', value }))
}

/** Returns the keys of a range, or undefined for none: IndexedDB refuses an empty range. */
function keysOf(table: Table, { prefix = '', before, after }: Range): IDBKeyRange | undefined {
  const low = after !== undefined && after >= prefix ? after : prefix
  const end = prefix + afterAll
  const high = before !== undefined && before < end ? before : end
  if (low >= high) return undefined
  const isAfter = low === after
  return IDBKeyRange.bound([table, low], [table, high], isAfter, true)
}

/** Runs work, and throws the browser's errors as errors with a code of the client. */
async function translated<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw webStoreError(error, error instanceof SealError)
  }
}
