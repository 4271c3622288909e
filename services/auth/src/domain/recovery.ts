import { createHash, timingSafeEqual } from 'node:crypto'
import { AppError } from '@fastchat/service'
import type { Vault } from './accounts.ts'
import type { GuessDelay } from './guess-delay.ts'
import type { RecoveryCopy } from './own-account.ts'
import type { RateLimit } from './rate-limit.ts'
import type { User } from './users.ts'

export type Recovered = User & {
  readonly recovery: RecoveryCopy
  readonly vault?: Vault | undefined
  readonly passwordNo: number
}
type Recoverable = Recovered & { readonly verifier: Uint8Array; readonly isDisabled: boolean }

export type RecoveryStore = {
  /**
   * Finds an account that has a recovery key. The query has the same shape whether it exists or
   * not.
   */
  find(username: string): Promise<Recoverable | undefined>
}

export type Recovery = {
  /**
   * Checks the login value of a recovery key. An unknown name, and an account without a recovery
   * key, give the same error as a wrong key.
   *
   * @throws AppError `recovery_wrong`; `account_disabled`, only if the key is right; `rate_limited`
   */
  recover(username: string, loginValue: Uint8Array, from: string): Promise<Recovered>
}

/** Compared when there is no account. No login value is known that has this hash. */
const nobodysVerifier = new Uint8Array(32)

/**
 * Logs in by recovery key. The budgets are those of logins, under keys of their own: guesses here
 * do not slow down the owner's logins. One pass of a fast hash is enough, as for refresh tokens:
 * the login value has 128 random bits behind it, so nobody can try them all. A key for the hash
 * would protect nothing more, and its loss would end every recovery key.
 */
export function createRecovery(ports: {
  readonly store: RecoveryStore
  readonly logins: RateLimit
  readonly allLogins: RateLimit
  readonly guesses: GuessDelay
}): Recovery {
  const { store, logins, allLogins, guesses } = ports
  return {
    async recover(username, loginValue, from) {
      const subject = `recovery ${username}`
      const found = await guesses.attempt(`${subject} ${from}`, async () => {
        await logins(`${subject} ${from}`)
        await allLogins(subject)
        const account = await store.find(username)
        const verifier = createHash('sha256').update(loginValue).digest()
        return timingSafeEqual(verifier, account?.verifier ?? nobodysVerifier) ? account : undefined
      })
      if (found === undefined) throw new AppError('recovery_wrong')
      const { isDisabled, verifier: _, ...account } = found
      if (isDisabled) throw new AppError('account_disabled')
      return account
    },
  }
}
