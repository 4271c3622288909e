import type { Kdf } from '@fastchat/schema'

/** The cost of a password guess with argon2id (RFC 9106): KiB of memory, passes over it, lanes. */
export type KdfParams = Omit<Kdf, 'salt'>

/**
 * The parameters of new accounts, and the weakest that a client accepts. They are the second
 * recommended option of RFC 9106 §4, but with one lane, because WebAssembly has one thread. One
 * core takes about 0.3 s.
 */
export const defaultKdf: KdfParams = { algorithm: 'argon2id', memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 }

/** The strongest parameters that a client accepts, about 4 s of work. More could freeze it. */
export const strongestKdf: KdfParams = { algorithm: 'argon2id', memoryKiB: 256 * 1024, iterations: 10, parallelism: 4 }

/** The size of a salt (RFC 9106 §3.1 recommends 16 bytes). */
export const saltBytes = 16

/** The server asks for less than `defaultKdf`. Someone may try to make the password guessable. */
export class WeakKdfError extends Error {
  override name = 'WeakKdfError'
}

/** The server asks for more work or memory than `strongestKdf`. */
export class ExcessiveKdfError extends Error {
  override name = 'ExcessiveKdfError'
}

/** Makes a random salt. A client makes one at sign-up and at every change of the password. */
export function createSalt(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(saltBytes))
}

/** @throws {WeakKdfError | ExcessiveKdfError} unless all parameters are within both bounds */
export function assertAcceptableKdf(params: KdfParams): void {
  if (params.algorithm !== 'argon2id') throw new WeakKdfError('the only accepted algorithm is argon2id')
  for (const cost of ['memoryKiB', 'iterations', 'parallelism'] as const) {
    const asked = params[cost]
    if (!Number.isInteger(asked) || asked < defaultKdf[cost]) {
      throw new WeakKdfError(`${cost} ${asked} is below ${defaultKdf[cost]}`)
    }
    if (asked > strongestKdf[cost]) throw new ExcessiveKdfError(`${cost} ${asked} is above ${strongestKdf[cost]}`)
  }
}
