import type { UserId } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'

/** Where an account state belongs: bound into it, so the server can show neither another account's nor an old one as a newer one. */
export interface AccountStatePlace {
  /** Made by `deriveStateKey`. */
  readonly stateKey: Uint8Array
  readonly userId: UserId
  /** Counts the states of the account from 1. */
  readonly version: number
}

/** An account state did not open: another account's or version's, or altered bytes. */
export class AccountStateError extends Error {
  override name = 'AccountStateError'
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const lengthBytes = 4
const label = 'fastchat/v1/account-state'
/** The length shows how many people and chats a state holds in steps of this only. */
const paddingStep = 4096

/**
 * Returns the key that seals the account state: HKDF-SHA256 (RFC 5869) of the account's private key, without a salt. So the state outlives
 * a change of the password, and only devices that have once opened the vault read it.
 */
export function deriveStateKey(accountPrivate: Uint8Array): Uint8Array {
  return hkdf(sha256, accountPrivate, undefined, new TextEncoder().encode(label), keyBytes)
}

/**
 * Seals an account state for storage by the server: AES-256-GCM, with label, user and version as associated data.
 *
 * @returns nonce (12) ‖ ciphertext of (length in 4 bytes, big-endian ‖ state ‖ zeros up to a multiple of 4 096) ‖ tag (16)
 */
export function sealAccountState(place: AccountStatePlace, state: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const padded = new Uint8Array(Math.ceil((lengthBytes + state.length) / paddingStep) * paddingStep)
  new DataView(padded.buffer).setUint32(0, state.length)
  padded.set(state, lengthBytes)
  return sealWithGcm(place.stateKey, padded, associatedData(place))
}

/** @throws {AccountStateError} when `sealed` is not what `sealAccountState` made for this account and version. */
export async function openAccountState(place: AccountStatePlace, sealed: Uint8Array): Promise<Uint8Array> {
  try {
    const padded = await openWithGcm(place.stateKey, sealed, associatedData(place))
    const length = new DataView(padded.buffer).getUint32(0)
    return padded.subarray(lengthBytes, lengthBytes + length)
  } catch (cause) {
    throw new AccountStateError('the account state does not open', { cause })
  }
}

/** Returns how many bytes a state may have for its sealed form to have at most `maxBytes`. */
export const maxStateBytes = (maxBytes: number): number =>
  Math.floor((maxBytes - nonceBytes - tagBytes) / paddingStep) * paddingStep - lengthBytes

/** JSON keeps the parts apart whatever they contain. */
const associatedData = ({ userId, version }: AccountStatePlace): string => JSON.stringify([label, userId, version])
