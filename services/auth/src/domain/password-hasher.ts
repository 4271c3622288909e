import { randomBytes } from 'node:crypto'
import { argon2id, hash, verify } from 'argon2'
import type { WorkGate } from './work-gate.ts'

/** OWASP's minimum for argon2id. What arrives is a key that the client stretched with far more (64 MiB, three passes). */
const cost = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

export type PasswordHasher = {
  /** PHC string with a salt of its own. `lane`: see `WorkGate`. */
  hash(password: string, lane: string): Promise<string>
  /** Costs the same when there is no `stored` hash, and is then false. */
  verify(stored: string | undefined, password: string, lane: string): Promise<boolean>
}

/** Passwords by argon2id (RFC 9106), all of it behind `gate`. */
export async function createPasswordHasher(gate: Pick<WorkGate, 'run'>): Promise<PasswordHasher> {
  const stretch = (password: string | Buffer) => hash(password, cost)
  const nobodys = await stretch(randomBytes(32))
  return {
    hash: (password, lane) => gate.run(lane, () => stretch(password)),
    async verify(stored, password, lane) {
      const fits = await gate.run(lane, () => verify(stored ?? nobodys, password))
      return fits && stored !== undefined
    },
  }
}
