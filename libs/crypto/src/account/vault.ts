import type { UserId } from '@fastchat/schema'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'

/** Where a vault belongs: bound into it, so the server can pass off neither another user's vault nor another version. */
export interface VaultPlace {
  readonly vaultKey: Uint8Array
  readonly userId: UserId
  /** Counts the account's vaults from 1; a change of password makes the next one. */
  readonly version: number
}

/** What a vault holds. */
export interface VaultContents {
  /** Ed25519 seed, 32 bytes. */
  readonly accountPrivate: Uint8Array
  /** The account has had an account state since it was made: a server that shows none hides it. */
  readonly hasState: boolean
}

/** The vault did not open: wrong password, another user's or version's vault, or altered bytes. Which one can't be told. */
export class VaultError extends Error {
  override name = 'VaultError'
}

const seedBytes = 32
/** Behind the seed: there is an account state. */
const stateMark = 1
const label = 'fastchat/v1/vault'

/**
 * Seals the account's private key for storage by the server, and whether there is an account state: AES-256-GCM.
 *
 * @returns nonce (12) ‖ ciphertext ‖ tag (16)
 * @throws {RangeError} when a key is not 32 bytes.
 */
export async function sealVault({
  accountPrivate,
  hasState,
  ...place
}: VaultPlace & VaultContents): Promise<Uint8Array<ArrayBuffer>> {
  if (accountPrivate.length !== seedBytes) throw new RangeError(`an account's private key has ${seedBytes} bytes`)
  const contents = new Uint8Array([...accountPrivate, ...(hasState ? [stateMark] : [])])
  return await sealWithGcm(place.vaultKey, contents, associatedData(place))
}

/**
 * Opens a vault.
 *
 * @throws {VaultError} when `sealed` is not what `sealVault` made for this key, user and version.
 * @throws {RangeError} when the vault key is not 32 bytes.
 */
export async function openVault(place: VaultPlace & { readonly sealed: Uint8Array }): Promise<VaultContents> {
  const contents = contentsOf(await opened(place))
  if (contents === undefined) throw new VaultError('the vault is of a form that this version does not know')
  return contents
}

async function opened({ vaultKey, sealed, ...place }: VaultPlace & { readonly sealed: Uint8Array }) {
  try {
    return await openWithGcm(vaultKey, sealed, associatedData(place))
  } catch (cause) {
    if (cause instanceof RangeError) throw cause
    throw new VaultError('the vault does not open', { cause })
  }
}

function contentsOf(plaintext: Uint8Array): VaultContents | undefined {
  const accountPrivate = plaintext.slice(0, seedBytes)
  const [mark, ...more] = plaintext.subarray(seedBytes)
  const isKnown = accountPrivate.length === seedBytes && more.length === 0 && (mark ?? stateMark) === stateMark
  return isKnown ? { accountPrivate, hasState: mark !== undefined } : undefined
}

/** JSON keeps the three parts of the associated data apart whatever they contain. */
const associatedData = ({ userId, version }: Pick<VaultPlace, 'userId' | 'version'>): string =>
  JSON.stringify([label, userId, version])
