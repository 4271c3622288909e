import { argon2id, hash, verify } from 'argon2'
import type { WorkGate } from './work-gate.ts'

/**
 * The minimum of OWASP for argon2id. The client has already stretched the password with far more
 * (64 MiB, three passes).
 */
const cost = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

export type PasswordHasher = {
  /** Returns a PHC string with a fresh salt. `lane` as in `WorkGate`. */
  hash(password: string, lane: string): Promise<string>
  /**
   * Compares a password with a stored hash. Without one it does the same work and returns false.
   */
  verify(stored: string | undefined, password: string, lane: string): Promise<boolean>
}

/**
 * Hashes passwords with argon2id (RFC 9106). All work passes `gate`. `decoy` is a random password;
 * one that does not exist is compared with it.
 */
export async function createPasswordHasher(gate: Pick<WorkGate, 'run'>, decoy: Buffer): Promise<PasswordHasher> {
  const stretch = (password: string | Buffer) => hash(password, cost)
  const decoyHash = await stretch(decoy)
  return {
    hash: (password, lane) => gate.run(lane, () => stretch(password)),
    async verify(stored, password, lane) {
      const fits = await gate.run(lane, () => verify(stored ?? decoyHash, password))
      return fits && stored !== undefined
    },
  }
}
