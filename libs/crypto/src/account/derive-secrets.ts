import { countLetters, toBase64Url } from '@fastchat/schema/text'
import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { argon2id } from 'hash-wasm'
import { assertAcceptableKdf, type KdfParams, saltBytes } from './kdf.ts'

/** The number of letters as people see them, after NFKC. */
export const minPasswordLength = 10

const secretBytes = 32
const loginLabel = 'fastchat/v1/login'
const vaultLabel = 'fastchat/v1/vault'
const utf8 = new TextEncoder()

export interface PasswordInput {
  readonly password: string
  /** 16 random bytes that `createSalt` makes at sign-up and the server returns. */
  readonly salt: Uint8Array
  readonly params: KdfParams
}

export interface AccountSecrets {
  /** 32 bytes as base64url. The server gets this value and nothing else from the password. */
  readonly loginValue: string
  /** 32 bytes that open the vault. The key never leaves the client. */
  readonly vaultKey: Uint8Array
}

export class PasswordTooShortError extends Error {
  override name = 'PasswordTooShortError'
}

/**
 * Returns the form of a password that is hashed: NFKC, not truncated. So every client and keyboard
 * arrives at the same bytes.
 *
 * @throws {PasswordTooShortError} under `minPasswordLength`
 * @throws {RangeError} for a lone surrogate: UTF-8 would turn all of them into the same bytes
 */
export function preparePassword(password: string): string {
  if (!password.isWellFormed()) throw new RangeError('a password is well-formed Unicode')
  const normalized = password.normalize('NFKC')
  if (countLetters(normalized) < minPasswordLength)
    throw new PasswordTooShortError(`a password has at least ${minPasswordLength} characters`)
  return normalized
}

/**
 * Derives two independent secrets from one password. The login value reveals nothing of the vault
 * key, except by guessing passwords at the cost of one argon2id each. Takes about 0.3 s of its
 * thread.
 *
 * NFKC comes first (RFC 8265 §4.2 normalises passwords, too, but less), so the same password typed
 * on another keyboard works.
 *
 * @throws {PasswordTooShortError} under `minPasswordLength`
 * @throws {WeakKdfError | ExcessiveKdfError} for parameters that no client should use
 * @throws {RangeError} when the salt is not 16 bytes, or the password has a lone surrogate
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

/** Expands by HKDF-SHA256 (RFC 5869) without a salt, because `master` is already uniform. */
function expand(master: Uint8Array, label: string): Uint8Array {
  return hkdf(sha256, master, undefined, utf8.encode(label), secretBytes)
}
