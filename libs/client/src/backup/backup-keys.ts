import { BackupError, openBackupKey, sealBackupKey } from '@fastchat/crypto'
import { type BackupKey, type DeviceId, fromBase64Url, toBase64Url, type UserId } from '@fastchat/schema'
import type { OpenKeys } from './stored-backup.ts'

/** Opens the sealed backup keys: for the password, or for one device. */
export type KeyOpener = {
  readonly userId: UserId
  readonly wrappingKey: Uint8Array
  /** Absent for the key that the password opens. */
  readonly device?: DeviceId
}

/**
 * Returns the backup keys that open. A key that does not open was not sealed by this account, or
 * not for this device.
 */
export async function openKeys(
  { userId, wrappingKey, device }: KeyOpener,
  keys: readonly BackupKey[],
): Promise<OpenKeys> {
  const opened = new Map<number, Uint8Array>()
  for (const { generation, account, devices } of keys) {
    const sealed = device === undefined ? account : devices[device]
    if (sealed === undefined) continue
    const context = { userId, generation, ...(device !== undefined && { device }) }
    try {
      opened.set(generation, await openBackupKey(wrappingKey, context, fromBase64Url(sealed)))
    } catch (error) {
      if (!(error instanceof BackupError)) throw error
    }
  }
  return opened
}

/** Returns a backup key sealed for the password, and for each device with its own key. */
export async function sealForAll(
  { userId, generation }: { readonly userId: UserId; readonly generation: number },
  backupKey: Uint8Array,
  accountKey: Uint8Array,
  devices: ReadonlyMap<DeviceId, Uint8Array>,
): Promise<BackupKey> {
  const account = toBase64Url(await sealBackupKey(accountKey, { userId, generation }, backupKey))
  const sealed: Record<string, string> = {}
  for (const [device, wrappingKey] of devices)
    sealed[device] = toBase64Url(await sealBackupKey(wrappingKey, { userId, generation, device }, backupKey))
  return { generation, account, devices: sealed }
}

/** Returns the sealed keys of two sources, each generation once. The first source wins. */
export function mergeKeys(first: readonly BackupKey[], second: readonly BackupKey[]): readonly BackupKey[] {
  const known = new Set(first.map(({ generation }) => generation))
  return [...first, ...second.filter(({ generation }) => !known.has(generation))].toSorted(
    (a, b) => a.generation - b.generation,
  )
}
