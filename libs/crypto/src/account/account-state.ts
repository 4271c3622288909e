import type { UserId } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { openWithGcm, sealWithGcm } from './aes-gcm.ts'

/**
 * The owner and version of an account state, which the seal binds to it. So the server can show
 * neither the state of another account nor an old state as a newer one.
 */
export interface AccountStateContext {
  /** The key from `deriveStateKey`. */
  readonly stateKey: Uint8Array
  readonly userId: UserId
  /** Counts the states of the account from 1. */
  readonly version: number
}

/** The account state did not open: it is of another account or version, or its bytes changed. */
export class AccountStateError extends Error {
  override name = 'AccountStateError'
}

const keyBytes = 32
const nonceBytes = 12
const tagBytes = 16
const lengthBytes = 4
const label = 'fastchat/v1/account-state'
/** Padding: the length shows the number of people and chats in steps of this size only. */
const paddingStep = 4096

/**
 * Returns the key that seals the account state: HKDF-SHA256 (RFC 5869) of the account's private
 * key, without a salt. So the state survives a change of the password, and only devices that have
 * opened the vault can read it.
 */
export function deriveStateKey(accountPrivate: Uint8Array): Uint8Array {
  return hkdf(sha256, accountPrivate, undefined, new TextEncoder().encode(label), keyBytes)
}

/**
 * Seals an account state for the server with AES-256-GCM. Label, user and version are the
 * associated data.
 *
 * @returns nonce (12) ‖ ciphertext of (length in 4 bytes, big-endian ‖ state ‖ zeros up to a
 *   multiple of 4 096) ‖ tag (16)
 */
export function sealAccountState(context: AccountStateContext, state: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const padded = new Uint8Array(Math.ceil((lengthBytes + state.length) / paddingStep) * paddingStep)
  new DataView(padded.buffer).setUint32(0, state.length)
  padded.set(state, lengthBytes)
  return sealWithGcm(context.stateKey, padded, associatedData(context))
}

/** @throws {AccountStateError} unless `sealed` is the state of this account and version */
export async function openAccountState(context: AccountStateContext, sealed: Uint8Array): Promise<Uint8Array> {
  try {
    const padded = await openWithGcm(context.stateKey, sealed, associatedData(context))
    const length = new DataView(padded.buffer).getUint32(0)
    return padded.subarray(lengthBytes, lengthBytes + length)
  } catch (cause) {
    throw new AccountStateError('the account state does not open', { cause })
  }
}

/** Returns the largest size of a state whose sealed form has at most `maxBytes`. */
export const maxStateBytes = (maxBytes: number): number =>
  Math.floor((maxBytes - nonceBytes - tagBytes) / paddingStep) * paddingStep - lengthBytes

/** JSON keeps the parts apart, whatever they contain. */
const associatedData = ({ userId, version }: AccountStateContext): string => JSON.stringify([label, userId, version])
