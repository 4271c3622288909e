import { createBackupKey, deriveBackupAccountKey, deriveBackupDeviceKey } from '@fastchat/crypto'
import { authOperations, type DeviceId, type UserId } from '@fastchat/schema'
import { ClientError, ServerError } from '../errors.ts'
import type { Api } from '../net/api.ts'
import { mergeKeys, openKeys, sealForAll } from './backup-keys.ts'
import { type BackupRecord, openedOf, withOpened } from './backup-record.ts'
import { emptyIndex, mergeIndexes } from './index-contents.ts'
import { decodeStored, encodeStored, newestOf, openIndex } from './stored-backup.ts'

/** A person who has opened the vault, on one of their devices. */
export type VaultHolder = {
  readonly api: Pick<Api, 'call'>
  readonly userId: UserId
  readonly deviceId: DeviceId
  readonly accountPrivate: Uint8Array
}

/** Attempts to store when other devices of the account keep storing first. */
const maxTries = 8

/**
 * Returns the backup as a device that has just opened the vault knows it: with every backup key,
 * if there is any. Makes the first backup key when there is none.
 *
 * `isKnown` says that another device of the account has told of a backup. A server that shows none
 * is not believed then: the record stays as it was.
 */
export async function openBackup(holder: VaultHolder, kept: BackupRecord, isKnown: boolean): Promise<BackupRecord> {
  const { userId, deviceId, accountPrivate } = holder
  for (let tries = 0; tries < maxTries; tries++) {
    const { version, body } = await holder.api.call(authOperations.getBackup, { query: {} })
    if (version === 0 && (isKnown || kept.version > 0)) return kept
    if (body !== undefined) {
      const { keys } = decodeStored(body)
      const opened = await openKeys({ userId, wrappingKey: deriveBackupAccountKey(accountPrivate) }, keys)
      // A key that the account key does not open was never this account's.
      const own = keys.filter(({ generation }) => opened.has(generation))
      return withOpened({ ...kept, keys: mergeKeys(kept.keys, own) }, opened)
    }
    const made = await nextGeneration(holder, { ...kept, index: emptyIndex }, [deviceId])
    if (await put(holder, made, 1)) return { ...made, version: 1 }
  }
  return kept
}

/**
 * Makes the next backup key, which `revoked` does not get, and stores the index under it. The
 * other devices of the account get it by the keys that they derived when they signed in.
 *
 * @throws {ServerError | Unreachable} when the server does not store it
 */
export async function rotateBackup(holder: VaultHolder, kept: BackupRecord, revoked: DeviceId): Promise<BackupRecord> {
  const { userId, accountPrivate } = holder
  const wrappingKey = deriveBackupAccountKey(accountPrivate)
  for (let tries = 0; tries < maxTries; tries++) {
    const { version, body } = await holder.api.call(authOperations.getBackup, { query: {} })
    const stored = body === undefined ? undefined : decodeStored(body)
    const opened = await openKeys({ userId, wrappingKey }, stored?.keys ?? [])
    const own = stored?.keys.filter(({ generation }) => opened.has(generation)) ?? []
    const known = withOpened({ ...kept, keys: mergeKeys(kept.keys, own) }, opened)
    const theirs = stored ? await openIndex({ userId, version }, stored, openedOf(known)) : emptyIndex
    const { index } = mergeIndexes(theirs, kept.index)
    const { devices } = await holder.api.call(authOperations.listDevices, {})
    const out = new Set<DeviceId>([...index.revoked, revoked])
    const remaining = devices.map(({ deviceId }) => deviceId).filter((deviceId) => !out.has(deviceId))
    const next = await nextGeneration(
      holder,
      { ...known, index: { ...index, n: index.n + 1, revoked: [...out] } },
      remaining,
    )
    if (await put(holder, next, version + 1)) return { ...next, version: version + 1 }
  }
  throw new ClientError('backup_busy')
}

/** Returns the record with one more backup key, sealed for the password and these devices. */
async function nextGeneration(
  { userId, accountPrivate }: VaultHolder,
  record: BackupRecord,
  deviceIds: readonly DeviceId[],
): Promise<BackupRecord> {
  const generation = newestOf(record.keys) + 1
  const backupKey = createBackupKey()
  const devices = new Map(deviceIds.map((id) => [id, deriveBackupDeviceKey(accountPrivate, id)]))
  const sealed = await sealForAll({ userId, generation }, backupKey, deriveBackupAccountKey(accountPrivate), devices)
  return withOpened({ ...record, keys: [...record.keys, sealed] }, new Map([[generation, backupKey]]))
}

/** Stores a version. Returns false when another device was faster. */
async function put({ api, userId }: VaultHolder, record: BackupRecord, version: number): Promise<boolean> {
  const { keys, index } = record
  const body = await encodeStored({ userId, version }, keys, openedOf(record), index)
  try {
    await api.call(authOperations.putBackup, { body: { version, body } })
    return true
  } catch (error) {
    if (error instanceof ServerError && error.code === 'stale_version') return false
    throw error
  }
}
