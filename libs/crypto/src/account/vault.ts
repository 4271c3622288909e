import type { UserId } from '@fastchat/schema'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'

/**
 * The owner and version of a vault, which the seal binds to it. So the server can show neither the
 * vault of another user nor another version.
 */
export interface VaultContext {
  readonly vaultKey: Uint8Array
  readonly userId: UserId
  /** Counts the vaults of the account from 1. A change of the password makes the next one. */
  readonly version: number
}

/** The contents of a vault. */
export interface VaultContents {
  /** The account's private key: an Ed25519 seed of 32 bytes. */
  readonly accountPrivate: Uint8Array
  /** The account has had an account state from the start, so a server that shows none hides it. */
  readonly hasState: boolean
}

/**
 * The vault did not open: wrong password, vault of another user or version, or changed bytes. These
 * cases cannot be told apart.
 */
export class VaultError extends Error {
  override name = 'VaultError'
}

const seedBytes = 32
/** The byte after the seed that says that there is an account state. */
const stateMark = 1
const label = 'fastchat/v1/vault'

/**
 * Seals the account's private key for the server with AES-256-GCM. The vault also says whether
 * there is an account state.
 *
 * @returns nonce (12) ‖ ciphertext ‖ tag (16)
 * @throws {RangeError} when a key is not 32 bytes
 */
export async function sealVault({
  accountPrivate,
  hasState,
  ...context
}: VaultContext & VaultContents): Promise<Uint8Array<ArrayBuffer>> {
  return await sealWithGcm(context.vaultKey, vaultBytes({ accountPrivate, hasState }), associatedData(context))
}

/** @throws {RangeError} when the private key is not 32 bytes */
export function vaultBytes({ accountPrivate, hasState }: VaultContents): Uint8Array {
  if (accountPrivate.length !== seedBytes) throw new RangeError(`an account's private key has ${seedBytes} bytes`)
  return new Uint8Array([...accountPrivate, ...(hasState ? [stateMark] : [])])
}

/**
 * @throws {VaultError} unless `sealVault` made `sealed` for this key, user and version
 * @throws {RangeError} when the vault key is not 32 bytes
 */
export async function openVault(input: VaultContext & { readonly sealed: Uint8Array }): Promise<VaultContents> {
  return contentsOf(await opened(input))
}

async function opened({ vaultKey, sealed, ...owner }: VaultContext & { readonly sealed: Uint8Array }) {
  try {
    return await openWithGcm(vaultKey, sealed, associatedData(owner))
  } catch (cause) {
    if (cause instanceof RangeError) throw cause
    throw new VaultError('the vault does not open', { cause })
  }
}

/** @throws {VaultError} for bytes of another form */
export function contentsOf(plaintext: Uint8Array): VaultContents {
  const accountPrivate = plaintext.slice(0, seedBytes)
  const [mark, ...more] = plaintext.subarray(seedBytes)
  const isKnown = accountPrivate.length === seedBytes && more.length === 0 && (mark ?? stateMark) === stateMark
  if (!isKnown) throw new VaultError('this version does not know the form of the vault')
  return { accountPrivate, hasState: mark !== undefined }
}

/** JSON keeps the three parts apart, whatever they contain. */
const associatedData = ({ userId, version }: Pick<VaultContext, 'userId' | 'version'>): string =>
  JSON.stringify([label, userId, version])
