import { BackupError, deriveBackupDeviceKey } from '@fastchat/crypto'
import { type DeviceId, toBase64Url } from '@fastchat/schema'
import { SharedState } from '../account-state/shared-state.ts'
import { ClientError, ServerError, Unreachable } from '../errors.ts'
import { Batch } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { openBackup, rotateBackup, type VaultHolder } from './account-backup.ts'
import { putBackup, readBackup } from './backup-record.ts'

/**
 * Gives a device that has just opened the vault the keys of the backup. `ending` is a device that
 * was revoked to make room. The sign-in goes on after a fault of the backup: the status
 * of the backup says what is missing then.
 */
export async function beginBackup(store: Store, holder: VaultHolder, ending?: DeviceId): Promise<void> {
  const deviceKey = toBase64Url(deriveBackupDeviceKey(holder.accountPrivate, holder.deviceId))
  const kept = { ...(await readBackup(store)), deviceKey }
  await store.write(putBackup(new Batch(), kept).writes)
  const { contents } = await SharedState.read(store)
  try {
    const opened = await openBackup(holder, kept, contents.backup !== undefined)
    await store.write(putBackup(new Batch(), opened).writes)
    if (ending === undefined) return
    await store.write(putBackup(new Batch(), await rotateBackup(holder, opened, ending)).writes)
  } catch (error) {
    if (!isFault(error)) throw error
  }
}

const isFault = (error: unknown): boolean =>
  error instanceof BackupError ||
  error instanceof ServerError ||
  error instanceof ClientError ||
  error instanceof Unreachable
