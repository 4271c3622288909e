import { countLetters } from '@fastchat/schema/text'
import { assertAcceptableKdf, type KdfParams, saltBytes } from './kdf.ts'

/** The number of letters as people see them, after NFKC. */
export const minPasswordLength = 10

export interface PasswordInput {
  readonly password: string
  /** 16 random bytes that `createSalt` makes at sign-up and the server returns. */
  readonly salt: Uint8Array
  readonly params: KdfParams
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
 * Refuses a password, salt or parameters from which nothing can be derived, in no time.
 *
 * @throws {PasswordTooShortError} under `minPasswordLength`
 * @throws {WeakKdfError | ExcessiveKdfError} for parameters that no client should use
 * @throws {RangeError} when the salt is not 16 bytes, or the password has a lone surrogate
 */
export function assertPasswordInput({ password, salt, params }: PasswordInput): void {
  preparePassword(password)
  assertAcceptableKdf(params)
  if (salt.length !== saltBytes) throw new RangeError(`a salt has ${saltBytes} bytes`)
}
