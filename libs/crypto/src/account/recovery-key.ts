import { toBase64Url } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { base32crockford } from '@scure/base'

/** The random part of a recovery key. At 128 bits nobody can guess it, so nothing stretches it. */
const seedBytes = 16
/** The check at the end: of 4 billion wrong keys one would pass. */
const checkBytes = 4
const groupLetters = 4
const secretBytes = 32
const checkLabel = 'fastchat/v1/recovery-check'
const loginLabel = 'fastchat/v1/recovery-login'
const copyLabel = 'fastchat/v1/recovery-copy'
const utf8 = new TextEncoder()

/** The text is no recovery key: letters are missing, or one was mistyped. */
export class RecoveryKeyError extends Error {
  override name = 'RecoveryKeyError'
}

export interface RecoverySecrets {
  /** 32 bytes as base64url. They prove the recovery key to the server. */
  readonly loginValue: string
  /** SHA-256 of the login value as base64url. The server keeps it and learns nothing else. */
  readonly verifier: string
  /** 32 bytes that open the sealed copy. The key never leaves the client. */
  readonly copyKey: Uint8Array
}

/**
 * Makes a recovery key: 128 random bits and a check of 32 bits, in eight groups of four letters of
 * Crockford's base 32. It has no I, L, O or U, so no two letters look alike.
 */
export function createRecoveryKey(): string {
  const seed = crypto.getRandomValues(new Uint8Array(seedBytes))
  return shown(base32crockford.encode(new Uint8Array([...seed, ...checkOf(seed)])))
}

/**
 * Derives what a recovery key proves and opens. Case, spaces and dashes do not matter; O is read as
 * 0, and I and L as 1.
 *
 * @throws {RecoveryKeyError} unless the check at the end of the key is right
 */
export function recoverySecrets(written: string): RecoverySecrets {
  const seed = seedOf(written)
  const loginBytes = expand(seed, loginLabel)
  const [loginValue, verifier] = [toBase64Url(loginBytes), toBase64Url(sha256(loginBytes))]
  return { loginValue, verifier, copyKey: expand(seed, copyLabel) }
}

function seedOf(written: string): Uint8Array {
  const bytes = decoded(written)
  const [seed, check] = [bytes.subarray(0, seedBytes), bytes.subarray(seedBytes)]
  const isWhole = bytes.length === seedBytes + checkBytes
  if (!isWhole || checkOf(seed).some((byte, at) => byte !== check[at]))
    throw new RecoveryKeyError('this is no recovery key, or a letter of it is wrong')
  return seed
}

function decoded(written: string): Uint8Array {
  try {
    return base32crockford.decode(written.replaceAll(/[\s-]/g, ''))
  } catch (cause) {
    throw new RecoveryKeyError('a letter here is in no recovery key', { cause })
  }
}

const checkOf = (seed: Uint8Array): Uint8Array =>
  sha256(new Uint8Array([...utf8.encode(checkLabel), ...seed])).subarray(0, checkBytes)

const expand = (seed: Uint8Array, label: string): Uint8Array =>
  hkdf(sha256, seed, undefined, utf8.encode(label), secretBytes)

const shown = (letters: string): string =>
  Array.from({ length: letters.length / groupLetters }, (_, at) =>
    letters.slice(at * groupLetters, (at + 1) * groupLetters),
  ).join('-')
