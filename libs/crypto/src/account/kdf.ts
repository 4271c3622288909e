import type { Kdf } from '@fastchat/schema'

/** Cost of a password guess: argon2id (RFC 9106). `memoryKiB` counts KiB, `iterations` passes over that memory. */
export type KdfParams = Omit<Kdf, 'salt'>

/**
 * What new accounts use and the weakest that any client accepts: RFC 9106 §4's second recommended option, with one lane
 * because WebAssembly has one thread. About 0.3 s of one core.
 */
export const defaultKdf: KdfParams = { algorithm: 'argon2id', memoryKiB: 64 * 1024, iterations: 3, parallelism: 1 }

/** The strongest accepted. A server that asks for more could freeze or starve a client; this much takes some 4 s. */
export const strongestKdf: KdfParams = { algorithm: 'argon2id', memoryKiB: 256 * 1024, iterations: 10, parallelism: 4 }

/** Bytes of a salt (RFC 9106 §3.1 recommends 16). */
export const saltBytes = 16

/** The server asked for a cheaper derivation than `defaultKdf`: it, or someone in between, may be after the password. */
export class WeakKdfError extends Error {
  override name = 'WeakKdfError'
}

/** The server asked for more work or memory than `strongestKdf`. */
export class ExcessiveKdfError extends Error {
  override name = 'ExcessiveKdfError'
}

/** A fresh random salt; made by the client at signup and at every change of password. */
export function createSalt(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(saltBytes))
}

/** @throws {WeakKdfError | ExcessiveKdfError} unless every parameter lies between `defaultKdf` and `strongestKdf`. */
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
