import type { DeviceId, UserId } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { openWithGcm, sealWithGcm } from '../account/aes-gcm.ts'
import { BackupError } from './backup-error.ts'

const keyBytes = 32
const accountLabel = 'fastchat/v1/backup'
const deviceLabel = 'fastchat/v1/backup-device/'
const sealLabel = 'fastchat/v1/backup-key'
const utf8 = new TextEncoder()

/** What the seal of a backup key is bound to. */
export interface BackupKeyContext {
  readonly userId: UserId
  /** The number of the key: from 1, plus one with each revocation. */
  readonly generation: number
  /** The device that it is sealed for. Absent for the key that only the password opens. */
  readonly device?: DeviceId
}

/** Makes a random key for one generation of a backup. */
export const createBackupKey = (): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(keyBytes))

/** Returns the key that seals every backup key: whoever opens the vault can derive it. */
export function deriveBackupAccountKey(accountPrivate: Uint8Array): Uint8Array {
  return hkdf(sha256, accountPrivate, undefined, utf8.encode(accountLabel), keyBytes)
}

/**
 * Returns the key that seals backup keys for one device. A device derives its own when it opens the
 * vault and keeps only that one, so it cannot open what is sealed for another device.
 */
export function deriveBackupDeviceKey(accountPrivate: Uint8Array, device: DeviceId): Uint8Array {
  return hkdf(sha256, accountPrivate, undefined, utf8.encode(deviceLabel + device), keyBytes)
}

/** Seals a backup key under a key of one of the functions above: 60 bytes. */
export function sealBackupKey(
  wrappingKey: Uint8Array,
  context: BackupKeyContext,
  backupKey: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  return sealWithGcm(wrappingKey, backupKey, associated(context))
}

/** @throws {BackupError} unless `sealed` is the key of this generation for this holder */
export async function openBackupKey(
  wrappingKey: Uint8Array,
  context: BackupKeyContext,
  sealed: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await openWithGcm(wrappingKey, sealed, associated(context))
  } catch (cause) {
    throw new BackupError('the backup key does not open', { cause })
  }
}

const associated = ({ userId, generation, device }: BackupKeyContext): string =>
  JSON.stringify([sealLabel, userId, generation, device ?? ''])
