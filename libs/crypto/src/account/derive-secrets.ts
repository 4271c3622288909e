import { countLetters, toBase64Url } from '@fastchat/schema'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { argon2id } from 'hash-wasm'
import { assertAcceptableKdf, type KdfParams, saltBytes } from './kdf.ts'

/** Counted as people see letters, after NFKC. */
export const minPasswordLength = 10

const secretBytes = 32
const loginLabel = 'fastchat/v1/login'
const vaultLabel = 'fastchat/v1/vault'
const utf8 = new TextEncoder()

export interface PasswordInput {
  readonly password: string
  /** 16 random bytes, made by `createSalt` at signup and given back by the server. */
  readonly salt: Uint8Array
  readonly params: KdfParams
}

export interface AccountSecrets {
  /** 32 bytes as base64url; the only thing derived from the password that the server is sent. */
  readonly loginValue: string
  /** 32 bytes; opens the vault, never leaves the client. */
  readonly vaultKey: Uint8Array
}

export class PasswordTooShortError extends Error {
  override name = 'PasswordTooShortError'
}

/**
 * Returns the form of a password that is hashed: NFKC, and nothing cut, so that every client and keyboard arrives at the same bytes.
 *
 * @throws {PasswordTooShortError} under `minPasswordLength`.
 * @throws {RangeError} for half a surrogate pair, which UTF-8 does not have: all of them would be one.
 */
export function preparePassword(password: string): string {
  if (!password.isWellFormed()) throw new RangeError('a password is well-formed Unicode')
  const normalized = password.normalize('NFKC')
  if (countLetters(normalized) < minPasswordLength)
    throw new PasswordTooShortError(`a password has at least ${minPasswordLength} characters`)
  return normalized
}

/**
 * Two independent secrets from one password: whoever holds the login value learns nothing of the vault key but by
 * guessing passwords, at the price of one argon2id each. Keeps its thread busy for about 0.3 s.
 *
 * NFKC first (as RFC 8265 §4.2 normalises passwords, and wider), so the same password typed on another keyboard works.
 *
 * @throws {PasswordTooShortError} under `minPasswordLength`.
 * @throws {WeakKdfError | ExcessiveKdfError} for parameters no client should follow.
 * @throws {RangeError} when the salt is not 16 bytes, or the password holds half a surrogate pair.
 */
export async function deriveSecrets({ password, salt, params }: PasswordInput): Promise<AccountSecrets> {
  const normalized = preparePassword(password)
  assertAcceptableKdf(params)
  if (salt.length !== saltBytes) throw new RangeError(`a salt has ${saltBytes} bytes`)

  const master = await argon2id({
    password: utf8.encode(normalized),
    salt,
    memorySize: params.memoryKiB,
    iterations: params.iterations,
    parallelism: params.parallelism,
    hashLength: secretBytes,
    outputType: 'binary',
  })
  const loginValue = toBase64Url(expand(master, loginLabel))
  const vaultKey = expand(master, vaultLabel)
  master.fill(0)
  return { loginValue, vaultKey }
}

/** HKDF-SHA256 (RFC 5869) without a salt: `master` is already uniform. */
function expand(master: Uint8Array, label: string): Uint8Array {
  return hkdf(sha256, master, undefined, utf8.encode(label), secretBytes)
}
