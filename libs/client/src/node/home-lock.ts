import { DatabaseSync } from 'node:sqlite'
import { ClientError } from '../errors.ts'
import { isLocked } from './storage-error.ts'

/**
 * Takes a home for this process alone: one writer per key store, or ratchets are used twice. The lock is SQLite's own on a
 * file, so the system lets go of it when the process ends, however it ends.
 * @returns a function that lets go. @throws {ClientError} `store_locked` when another process has it.
 */
export function lockHome(path: string): () => void {
  const db = new DatabaseSync(path)
  try {
    db.exec('pragma locking_mode = exclusive; pragma busy_timeout = 0; begin exclusive')
  } catch (cause) {
    db.close()
    if (!isLocked(cause)) throw cause
    throw new ClientError('store_locked', 'Another process is using this home', { cause })
  }
  return () => db.close()
}
