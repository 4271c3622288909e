import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { SealError } from '@fastchat/crypto'
import { ClientError } from '../errors.ts'

/**
 * The primary result codes of SQLite (https://sqlite.org/rescode.html). Extended codes have them in
 * their lowest byte.
 */
const sqlite = {
  permission: 3,
  busy: 5,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

const noSpace = (place: string): string => `No space left in ${place}. Free some space; nothing that was stored is lost`
const noRight = (place: string): string =>
  `You may not read and write ${place}. Change its owner or its rights, or set FASTCHAT_HOME to another folder`
const notWritten = (place: string): string =>
  `Files in ${place} could not be written: a limit of file sizes is reached (ulimit -f), or the disk fails`
const notAFolder = (place: string): string =>
  `${place} is not a folder, or a part of its path is not. Set FASTCHAT_HOME to a folder`
const damaged = (place: string): string =>
  `The files in ${place} are damaged. Set FASTCHAT_HOME to another folder and log in; the messages in the damaged one stay there`

/**
 * Returns an error that says what happened to the files of a home and what to do. It translates
 * errors of the file system and of SQLite, and returns others unchanged.
 *
 * @param place the folder, for people
 */
export function storageError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error instanceof ClientError) return error
  const cause = { cause: error }
  // A row was altered or moved, or the key is another one.
  if (error instanceof SealError) return new ClientError('store_corrupt', damaged(place), cause)
  switch (reasonOf(error)) {
    case 'full':
      return new ClientError('storage_full', noSpace(place), cause)
    case 'limit':
      return new ClientError('storage_full', notWritten(place), cause)
    case 'right':
      return new ClientError('not_writable', noRight(place), cause)
    case 'folder':
      return new ClientError('not_writable', notAFolder(place), cause)
    case 'damaged':
      return new ClientError('store_corrupt', damaged(place), cause)
    default:
      return error
  }
}

/** Runs `work` and throws its errors in the form of `storageError`. */
export function guarded<T>(place: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw storageError(error, place)
  }
}

/** Returns whether another connection has locked the database. */
export const isLocked = (error: unknown): boolean => error instanceof Error && resultCode(error) === sqlite.busy

/**
 * Reads a regular file of a home. Reading a pipe or device in its place would not end.
 *
 * @throws {ClientError} `not_writable`
 */
export function readRegularFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!fstatSync(file).isFile())
      throw new ClientError(
        'not_writable',
        `${path} is not a regular file. Set FASTCHAT_HOME to a folder of FastChat: not ${dirname(path)}`,
      )
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}

type Reason = 'full' | 'limit' | 'right' | 'folder' | 'damaged'

const reasons: Readonly<Record<string, Reason>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'limit',
  EIO: 'limit',
  EACCES: 'right',
  EPERM: 'right',
  EROFS: 'right',
  ENOTDIR: 'folder',
  EEXIST: 'folder',
  ENXIO: 'folder',
}
const sqliteReasons: ReadonlyMap<number, Reason> = new Map([
  [sqlite.full, 'full'],
  [sqlite.io, 'limit'],
  [sqlite.permission, 'right'],
  [sqlite.readOnly, 'right'],
  [sqlite.cannotOpen, 'right'],
  [sqlite.corrupt, 'damaged'],
  [sqlite.notADatabase, 'damaged'],
])

function reasonOf(error: Error): Reason | undefined {
  const code = resultCode(error)
  if (code !== undefined) return sqliteReasons.get(code)
  return 'code' in error && typeof error.code === 'string' ? reasons[error.code] : undefined
}

function resultCode(error: Error): number | undefined {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined
}
