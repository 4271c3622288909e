import { deriveBackupDeviceKey } from '@fastchat/crypto'
import { type DeviceId, toBase64Url } from '@fastchat/schema'
import { openBackup, rotateBackup } from './account-backup.ts'
import type { BackupPort } from './backup-port.ts'
import type { RemoteIndex } from './remote-index.ts'

type Remote = Pick<RemoteIndex, 'record' | 'keep' | 'refresh'>

/**
 * Gives this device the backup key, from the account key that a person's password has opened.
 *
 * @throws the error of the request when the server does not answer
 */
export async function unlockBackup(
  remote: Remote,
  port: Pick<BackupPort, 'api' | 'own' | 'head'>,
  accountPrivate: Uint8Array,
): Promise<void> {
  const { api, own } = port
  const deviceKey = toBase64Url(deriveBackupDeviceKey(accountPrivate, own.deviceId))
  const kept = { ...remote.record, deviceKey }
  await remote.keep(await openBackup({ api, ...own, accountPrivate }, kept, port.head() !== undefined))
  await remote.refresh()
}

/**
 * Replaces the backup key by one that the device `revoked` cannot open.
 *
 * @throws the error of the request when the server does not answer
 */
export async function replaceBackupKey(
  remote: Remote,
  port: Pick<BackupPort, 'api' | 'own' | 'headMoved'>,
  accountPrivate: Uint8Array,
  revoked: DeviceId,
): Promise<void> {
  const { api, own } = port
  const deviceKey = toBase64Url(deriveBackupDeviceKey(accountPrivate, own.deviceId))
  const next = await rotateBackup({ api, ...own, accountPrivate }, { deviceKey, ...remote.record }, revoked)
  if (revoked !== own.deviceId) await remote.keep(next)
  port.headMoved()
}
