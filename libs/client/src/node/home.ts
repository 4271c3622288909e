import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { createStoreKey, open, SealError, seal } from '@fastchat/crypto'
import { expectSameServer } from '../account/bind-server.ts'
import { ClientError } from '../errors.ts'
import { serverOf } from '../net/origin.ts'
import type { Store } from '../store/store.ts'
import { bySystemTimer, type Schedule } from './checkpoints.ts'
import { lockHome } from './home-lock.ts'
import { sqliteStore } from './sqlite-store.ts'
import { guarded, readRegularFile } from './storage-error.ts'

/**
 * A folder that holds one device: its store, and the key that seals the store. While the device is
 * signed in the key lies beside the store (0600). After logout only a copy sealed under the
 * account's home key is left, so only a login opens it.
 */
export type Home = {
  readonly folder: string
  /** The socket on which the process that holds this home may listen for other processes. */
  readonly socketPath: string
  /** Returns whether the key is unsealed: the device is signed in. */
  isOpen(): boolean
  /** Returns whether a device is stored here, signed in or not. */
  isUsed(): boolean
  /**
   * Compares the server before a password is typed, when the sealed store can't be read.
   *
   * @throws {ClientError} `another_server`
   */
  expectServer(baseUrl: string): void
  /** Writes the device's server to a file. */
  bindTo(baseUrl: string): void
  /**
   * Locks the home for this process.
   *
   * @returns a function that releases the lock
   * @throws {ClientError} `store_locked`
   */
  lock(): () => void
  /**
   * Opens the store of a signed-in device.
   *
   * @throws {ClientError} `not_signed_in`
   */
  openStore(): Store
  /**
   * Opens the store with the account's home key, or makes one. `former` is the vault key, which
   * sealed the homes of former versions.
   *
   * @throws {ClientError} `signed_in_already` when the device is of another account, or was logged
   *   out by a former version before the password was changed
   */
  unlock(homeKey: Uint8Array, former?: Uint8Array): Store
  /**
   * Seals the key of an open home under the home key, if it is not. A home of a former version was
   * sealed under the vault key, which a change of the password replaces.
   */
  reseal(homeKey: Uint8Array): void
  /** Removes the unsealed key. Close the store first. */
  seal(): void
  /** Removes the store and all keys. The folder stays. Close the store first. */
  erase(): void
}

const keyPlace = 'home/store.key'

/** A home cannot tell why it does not open: its account is inside. */
const sealedOtherwise =
  'This home belongs to another account, or an old fastchat logged it out before the password was changed. It cannot be opened with this password. Use another home: your chats come back from the backup'

/**
 * Opens a home. Makes the folder, and closes it to other users of the machine whatever the umask
 * is.
 *
 * @throws {ClientError} `storage_full`, `not_writable` or `store_corrupt`; so does each method
 */
export function openHome(folder: string, schedule: Schedule = bySystemTimer): Home {
  const inHome = <T>(work: () => T): T => guarded(folder, work)
  guarded(nearestFolder(folder), () => mkdirSync(folder, { recursive: true, mode: 0o700 }))
  inHome(() => chmodSync(folder, 0o700))
  const path = (name: string) => join(folder, name)
  const storePath = path('store.db')
  const keyPath = path('store.key')
  const sealedPath = path('store.key.sealed')
  const openAt = (key: Uint8Array) => sqliteStore(touch(storePath), key, schedule)
  const serverPath = path('server')

  return {
    folder,
    socketPath: path('agent.sock'),
    isOpen: () => existsSync(keyPath),
    isUsed: () => existsSync(storePath),
    expectServer(baseUrl) {
      if (existsSync(storePath) && existsSync(serverPath))
        expectSameServer(
          inHome(() => readRegularFile(serverPath).toString()),
          baseUrl,
        )
    },
    bindTo: (baseUrl) => inHome(() => writeWhole(serverPath, Buffer.from(serverOf(baseUrl)))),
    lock: () => inHome(() => lockHome(touch(path('lock')))),
    openStore() {
      if (!existsSync(keyPath)) throw new ClientError('not_signed_in')
      return inHome(() => openAt(readRegularFile(keyPath)))
    },
    unlock(homeKey, former) {
      // A key without a store is left from an interrupted signup and is replaced.
      return inHome(() => {
        if (!existsSync(storePath)) {
          const key = createStoreKey()
          writeWhole(sealedPath, seal(homeKey, key, keyPlace))
          writeWhole(keyPath, key)
          return openAt(key)
        }
        const sealed = readRegularFile(sealedPath)
        const known = unseal(homeKey, sealed)
        const key = known ?? (former && unseal(former, sealed))
        if (!key) throw new ClientError('signed_in_already', sealedOtherwise)
        if (!known) writeWhole(sealedPath, seal(homeKey, key, keyPlace))
        writeWhole(keyPath, key)
        return openAt(key)
      })
    },
    reseal: (homeKey) =>
      inHome(() => {
        if (!unseal(homeKey, readRegularFile(sealedPath)))
          writeWhole(sealedPath, seal(homeKey, readRegularFile(keyPath), keyPlace))
      }),
    seal: () => inHome(() => rmSync(keyPath, { force: true })),
    erase: () =>
      inHome(() => {
        // The keys go first: without them the rest cannot be read.
        for (const name of [
          'store.key',
          'store.key.sealed',
          'store.db',
          'store.db-wal',
          'store.db-shm',
          'store.db.lock',
          'server',
        ])
          rmSync(path(name), { force: true })
      }),
  }
}

/** Returns the store key, or undefined if it is sealed under another key. */
function unseal(key: Uint8Array, sealed: Uint8Array): Uint8Array | undefined {
  try {
    return open(key, sealed, keyPlace)
  } catch (cause) {
    if (cause instanceof SealError) return undefined
    throw cause
  }
}

/**
 * Makes an empty file that only its owner can use. An existing file is not opened: closing it again
 * would release every lock that this process has on it (POSIX).
 */
function touch(path: string): string {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  else if (!statSync(path).isFile()) throw new ClientError('not_writable', `${path} is not a regular file: remove it`)
  chmodSync(path, 0o600)
  return path
}

/** Writes a file so that after a crash it is whole, old or new. */
function writeWhole(path: string, bytes: Uint8Array): void {
  const next = `${path}.new`
  rmSync(next, { force: true })
  const file = openSync(touch(next), 'w', 0o600)
  try {
    writeSync(file, bytes)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(next, path)
}

/** Returns the nearest folder at or above a path, or the path where a file is in the way. */
function nearestFolder(path: string): string {
  let at = path
  while (!existsSync(at) && dirname(at) !== at) at = dirname(at)
  return statSync(at, { throwIfNoEntry: false })?.isDirectory() ? at : path
}
