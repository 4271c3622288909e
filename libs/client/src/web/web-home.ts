import { deleteDB } from 'idb'
import { ClientError } from '../errors.ts'
import type { Store } from '../store/store.ts'
import { indexedDbStore } from './indexed-db-store.ts'
import { openWebDatabase } from './web-database.ts'

/** The place of one device in this browser. This script is its only writer until it is closed. */
export type WebHome = {
  readonly store: Store
  /** Resolves when the store was erased, or the browser ended it. Nothing can be stored then. */
  readonly gone: Promise<void>
  /** Closes the store, and lets the next script have it. */
  close(): Promise<void>
  /** Removes the store and its key, and closes. */
  erase(): Promise<void>
}

/** Returns the name of the lock that the writer of a home holds. */
export const homeLockName = (name: string): string => `${name}:home`

/**
 * Opens a home of this browser when no other tab or worker has it: it waits for its turn. A closed
 * or crashed tab gives its turn up.
 *
 * @param options.signal ends the wait
 * @param options.isWaiting false: throw `store_locked` instead of waiting
 * @throws {ClientError} `store_locked`, `not_writable`, `storage_full`, `store_corrupt`,
 *   `store_newer`
 */
export async function openWebHome(
  name: string,
  options: { readonly signal?: AbortSignal; readonly isWaiting?: boolean } = {},
): Promise<WebHome> {
  const release = await takeLock(homeLockName(name), options)
  const gone = Promise.withResolvers<void>()
  try {
    const { database, key } = await openWebDatabase(name, gone.resolve)
    const store = indexedDbStore(database, key)
    const close = async () => {
      await store.close()
      release()
    }
    return {
      ...{ store, gone: gone.promise, close },
      async erase() {
        await store.close()
        await deleteDB(name)
        gone.resolve()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

/**
 * Removes a home that cannot be opened, with its key. What was not sent from it is lost.
 *
 * @throws {ClientError} `store_locked` while another tab has it open
 */
export async function eraseWebHome(name: string): Promise<void> {
  const release = await takeLock(homeLockName(name), { isWaiting: false })
  try {
    await deleteDB(name)
  } finally {
    release()
  }
}

/** Takes a lock of this origin (https://w3c.github.io/web-locks). Returns its release. */
async function takeLock(
  name: string,
  { signal, isWaiting = true }: { readonly signal?: AbortSignal; readonly isWaiting?: boolean },
): Promise<() => void> {
  const held = Promise.withResolvers<void>()
  const taken = Promise.withResolvers<void>()
  // The browser refuses a signal together with `ifAvailable`.
  const how = isWaiting ? { ...(signal && { signal }) } : { ifAvailable: true }
  navigator.locks
    .request(name, how, async (lock) => {
      if (!lock) throw new ClientError('store_locked')
      taken.resolve()
      await held.promise
    })
    .catch(taken.reject)
  await taken.promise
  return held.resolve
}
