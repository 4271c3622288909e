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
import { join } from 'node:path'
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
 * A folder that holds one device: its store, and the key that the store is sealed under. While the device is signed in the
 * key lies beside the store (0600); logged out, only a copy sealed under the account's vault key is left, so that the
 * password opens it and nothing else does.
 */
export type Home = {
  readonly folder: string
  /** Where the process that holds this home may listen for others that want to use it. */
  readonly socketPath: string
  /** Whether the key lies open: somebody is signed in. */
  isOpen(): boolean
  /** Whether a device lives here, signed in or not. */
  isUsed(): boolean
  /** Before a password is typed: what is sealed can't be asked. @throws {ClientError} `another_server`: the device here is not that one's. */
  expectServer(baseUrl: string): void
  /** Writes down which server the device belongs to. */
  bindTo(baseUrl: string): void
  /** Takes the home for this process. @returns how to let go. @throws {ClientError} `store_locked` */
  lock(): () => void
  /** The store of a signed-in device. @throws {ClientError} `not_signed_in` */
  openStore(): Store
  /** Opens the store with what the password gives, or makes one. @throws {ClientError} `signed_in_already`: not this account's. */
  unlock(vaultKey: Uint8Array): Store
  /** Leaves the key only sealed. Close the store first. */
  seal(): void
}

const keyPlace = 'home/store.key'

/**
 * The folder is made, and closed to other users of the machine whatever the umask.
 *
 * @throws {ClientError} `no_space`, `not_writable` or `store_damaged`, from each of its methods, too
 */
export function openHome(folder: string, schedule: Schedule = bySystemTimer): Home {
  const inHome = <T>(work: () => T): T => guarded(folder, work)
  inHome(() => {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    chmodSync(folder, 0o700)
  })
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
      if (!existsSync(keyPath)) throw new ClientError('not_signed_in', 'Sign up or log in first')
      return inHome(() => openAt(readRegularFile(keyPath)))
    },
    unlock(vaultKey) {
      // Without a store a key has nothing to open: what an interrupted signup left is replaced.
      return inHome(() => {
        if (!existsSync(storePath)) {
          const key = createStoreKey()
          writeWhole(sealedPath, seal(vaultKey, key, keyPlace))
          writeWhole(keyPath, key)
          return openAt(key)
        }
        const key = unseal(vaultKey, sealedPath)
        writeWhole(keyPath, key)
        return openAt(key)
      })
    },
    seal: () => inHome(() => rmSync(keyPath, { force: true })),
  }
}

function unseal(vaultKey: Uint8Array, path: string): Uint8Array {
  try {
    return open(vaultKey, readRegularFile(path), keyPlace)
  } catch (cause) {
    if (!(cause instanceof SealError)) throw cause
    throw new ClientError('signed_in_already', 'This is the device of another account; use another home', { cause })
  }
}

/**
 * A file that only its owner can use, before anything is in it. One that is there is not opened: closing it again would let
 * go of whatever lock this process has on it (POSIX).
 */
function touch(path: string): string {
  if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600))
  else if (!statSync(path).isFile()) throw new ClientError('not_writable', `${path} is not a regular file: remove it`)
  chmodSync(path, 0o600)
  return path
}

/** After a crash the file is whole, old or new. */
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
