import type { UserId } from '@fastchat/schema'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'
import { contentsOf, type VaultContents, VaultError, vaultBytes } from './vault.ts'

/**
 * The owner and version of the copy, which the seal binds to it. So the server can show neither the
 * copy of another user nor another version.
 */
export interface RecoveryContext {
  /** The key from `recoverySecrets`. */
  readonly copyKey: Uint8Array
  readonly userId: UserId
  /** Counts the recovery keys of the account from 1. */
  readonly version: number
}

const label = 'fastchat/v1/recovery'

/**
 * Seals the contents of the vault a second time, under the recovery key (AES-256-GCM). A change of
 * the password leaves the copy as it is.
 *
 * @returns nonce (12) ‖ ciphertext ‖ tag (16)
 */
export async function sealRecoveryCopy(
  context: RecoveryContext,
  contents: VaultContents,
): Promise<Uint8Array<ArrayBuffer>> {
  return await sealWithGcm(context.copyKey, vaultBytes(contents), associatedData(context))
}

/** @throws {VaultError} unless `sealed` was made for this key, user and version */
export async function openRecoveryCopy(context: RecoveryContext, sealed: Uint8Array): Promise<VaultContents> {
  const opened = await openWithGcm(context.copyKey, sealed, associatedData(context)).catch((cause: unknown) => {
    throw new VaultError('the copy does not open', { cause })
  })
  return contentsOf(opened)
}

/** JSON keeps the three parts apart, whatever they contain. */
const associatedData = ({ userId, version }: RecoveryContext): string => JSON.stringify([label, userId, version])
