import { createWebStoreKey } from '@fastchat/crypto'
import { type DBSchema, type IDBPDatabase, openDB } from 'idb'
import { ClientError } from '../errors.ts'
import type { Table } from '../store/store.ts'

/** All tables lie in one object store, under [table, key]: a new table needs no new version. */
export type StoreSchema = DBSchema & {
  rows: { key: [table: Table, key: string]; value: Uint8Array }
  keys: { key: 'store'; value: CryptoKey }
}

/**
 * The version of what the rows say. A build raises it when an older build would misread them: the
 * browser then refuses to open the store in the older one.
 */
const version = 1

/** A database of this browser, and the key of its rows, whose bytes no script can read. */
export type WebDatabase = { readonly database: IDBPDatabase<StoreSchema>; readonly key: CryptoKey }

/**
 * Opens the database, and makes it with a new key if there is none.
 *
 * @param onGone another tab erases the database, or the browser has ended it
 * @throws {ClientError} `not_writable` when this browser stores nothing for the page,
 *   `storage_full`
 */
export async function openWebDatabase(name: string, onGone: () => void): Promise<WebDatabase> {
  try {
    const database = await openDB<StoreSchema>(name, version, {
      upgrade(made) {
        made.createObjectStore('rows')
        made.createObjectStore('keys')
      },
      blocking: () => {
        database.close()
        onGone()
      },
      terminated: onGone,
    })
    return { database, key: await readKey(database) }
  } catch (error) {
    throw webStoreError(error)
  }
}

/** Two tabs may make a key at once: the one that is stored first counts. */
async function readKey(database: IDBPDatabase<StoreSchema>): Promise<CryptoKey> {
  const known = await database.get('keys', 'store')
  if (known) return known
  const made = await createWebStoreKey()
  const transaction = database.transaction('keys', 'readwrite', { durability: 'strict' })
  const key = (await transaction.store.get('store')) ?? made
  await Promise.all([transaction.store.put(key, 'store'), transaction.done])
  return key
}

/**
 * Returns an error that says what happened to the store and what to do. It translates the errors of
 * IndexedDB (https://w3c.github.io/IndexedDB/#exceptions), and returns others unchanged.
 */
export function webStoreError(error: unknown, isDamaged = false): unknown {
  if (isDamaged)
    return new ClientError(
      'store_corrupt',
      'The messages that this browser has stored are damaged. Sign out here and sign in again: they come back from the backup',
      { cause: error },
    )
  if (!(error instanceof DOMException)) return error
  const cause = { cause: error }
  switch (error.name) {
    case 'QuotaExceededError':
      return new ClientError('storage_full', 'This browser has no space left. Free some space; nothing is lost', cause)
    case 'VersionError':
      return new ClientError('store_newer', undefined, cause)
    case 'InvalidStateError':
    case 'NotAllowedError':
    case 'SecurityError':
      return new ClientError(
        'not_writable',
        'This browser stores nothing for this page. Allow site data for it, or open it outside a private window',
        cause,
      )
    case 'DataError':
    case 'NotReadableError':
    case 'UnknownError':
      return new ClientError(
        'store_corrupt',
        'This browser cannot read what it has stored. Restart it; if that does not help, clear the data of this site and sign in again',
        cause,
      )
    default:
      return error
  }
}
