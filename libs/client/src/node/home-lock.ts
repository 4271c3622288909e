import { DatabaseSync } from 'node:sqlite'
import { ClientError } from '../errors.ts'
import { isLocked } from './storage-error.ts'

/**
 * Locks a home for this process: two writers on one key store would use ratchet keys twice. The
 * lock is SQLite's lock on a file, so the system releases it when the process ends in any way.
 *
 * @returns a function that releases the lock
 * @throws {ClientError} `store_locked` when another process has it
 */
export function lockHome(path: string): () => void {
  const db = new DatabaseSync(path)
  try {
    db.exec('pragma locking_mode = exclusive; pragma busy_timeout = 0; begin exclusive')
  } catch (cause) {
    db.close()
    if (!isLocked(cause)) throw cause
    throw new ClientError('store_locked', undefined, { cause })
  }
  return () => db.close()
}
