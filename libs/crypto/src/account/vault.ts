import type { UserId } from '@fastchat/schema'

/** Where a vault belongs: bound into it, so the server can pass off neither another user's vault nor another version. */
export interface VaultPlace {
  readonly vaultKey: Uint8Array
  readonly userId: UserId
  /** Counts the account's vaults from 1; a change of password makes the next one. */
  readonly version: number
}

/** The vault did not open: wrong password, another user's or version's vault, or altered bytes. Which one can't be told. */
export class VaultError extends Error {
  override name = 'VaultError'
}

const nonceBytes = 12
const keyBytes = 32
const label = 'fastchat/v1/vault'

/**
 * Seals the account's private key for storage by the server: AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce.
 * A vault key seals a handful of vaults in its life, far from the 2^32 where random nonces grow risky.
 *
 * @returns nonce (12) ‖ ciphertext ‖ tag (16)
 * @throws {RangeError} when the vault key is not 32 bytes.
 */
export async function sealVault(
  place: VaultPlace & { readonly accountPrivate: Uint8Array },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await importKey(place.vaultKey, 'encrypt')
  const nonce = crypto.getRandomValues(new Uint8Array(nonceBytes))
  const body = await crypto.subtle.encrypt(algorithm(nonce, place), key, place.accountPrivate.slice())
  const sealed = new Uint8Array(nonceBytes + body.byteLength)
  sealed.set(nonce)
  sealed.set(new Uint8Array(body), nonceBytes)
  return sealed
}

/**
 * @returns the account's private key.
 * @throws {VaultError} when `sealed` is not what `sealVault` made for this key, user and version.
 * @throws {RangeError} when the vault key is not 32 bytes.
 */
export async function openVault(place: VaultPlace & { readonly sealed: Uint8Array }): Promise<Uint8Array<ArrayBuffer>> {
  const key = await importKey(place.vaultKey, 'decrypt')
  const nonce = place.sealed.slice(0, nonceBytes)
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm(nonce, place), key, place.sealed.slice(nonceBytes)))
  } catch (cause) {
    throw new VaultError('the vault does not open', { cause })
  }
}

function importKey(vaultKey: Uint8Array, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  if (vaultKey.length !== keyBytes) throw new RangeError(`a vault key has ${keyBytes} bytes`)
  return crypto.subtle.importKey('raw', vaultKey.slice(), 'AES-GCM', false, [use])
}

/** JSON keeps the three parts of the associated data apart whatever they contain. */
function algorithm(iv: Uint8Array<ArrayBuffer>, { userId, version }: VaultPlace): AesGcmParams {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(JSON.stringify([label, userId, version])) }
}
