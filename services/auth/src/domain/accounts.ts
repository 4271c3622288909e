import type { ErrorCode, Kdf, UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { defaultKdf } from './default-kdf.ts'
import type { GuessDelay } from './guess-delay.ts'
import type { PasswordHasher } from './password-hasher.ts'
import type { RateLimit } from './rate-limit.ts'
import type { User } from './users.ts'

export type Vault = { readonly version: number; readonly body: Uint8Array }

/** How the client opens the account: both were made by it and are opaque here. */
export type Recovery = { readonly kdf?: Kdf | undefined; readonly vault?: Vault | undefined }
export type NewAccount = User & Recovery & { readonly passwordHash: string }
export type StoredAccount = NewAccount & { readonly isDisabled: boolean }
export type Signup = Omit<User, 'userId'> &
  Recovery & { readonly userId?: UserId | undefined; readonly password: string; readonly invite?: string | undefined }

/** Why somebody may not sign up here. */
export type SignupRefusal = Extract<ErrorCode, 'signup_closed' | 'invite_required' | 'invite_invalid'>

export type AccountStore = {
  /** Takes one query of the same shape, whether the name exists or not. */
  find(username: string): Promise<StoredAccount | undefined>
  /** Whether whoever comes with this invitation, or none, may sign up now. Uses nothing up. */
  refusal(invite: string | undefined): Promise<SignupRefusal | undefined>
  /** With the invitation, if one is needed: the account is there and one use of it is gone, or neither. */
  add(account: NewAccount, invite: string | undefined): Promise<'added' | 'username_taken' | 'id_taken' | SignupRefusal>
}

/** `from`: the network that asks. Those of one network wait for each other first, and for the guesses made from there alone. */
export type Accounts = {
  /**
   * @throws AppError `username_taken`, `conflict` (the chosen id is in use); `signup_closed`, `invite_required`, `invite_invalid`;
   *   `rate_limited`, `busy`
   */
  signup(request: Signup, from: string): Promise<User>
  /**
   * @throws AppError `wrong_credentials`, the same and at the same cost for unknown names; `account_disabled`, to whoever knows the
   *   password; `rate_limited`, `busy`
   */
  login(username: string, password: string, from: string): Promise<User & Recovery>
  /** Never tells whether the name exists. */
  kdf(username: string): Promise<Kdf>
}

export function createAccounts(ports: {
  readonly store: AccountStore
  readonly hasher: PasswordHasher
  readonly perAccount: RateLimit
  readonly guesses: GuessDelay
  readonly pepper: string
  readonly newUserId: () => UserId
}): Accounts {
  const { store, hasher, perAccount, guesses, pepper, newUserId } = ports
  return {
    async signup({ password, userId = newUserId(), invite, ...rest }, from) {
      await perAccount(rest.username)
      // Before the work of hashing; asked again by the statement that adds the account.
      const refusal = await store.refusal(invite)
      if (refusal) throw new AppError(refusal)
      const passwordHash = await hasher.hash(password, from)
      const outcome = await store.add({ ...rest, userId, passwordHash }, invite)
      if (outcome === 'id_taken') throw new AppError('conflict')
      if (outcome !== 'added') throw new AppError(outcome)
      return { userId, username: rest.username, accountKey: rest.accountKey }
    },
    async login(username, password, from) {
      const account = await guesses.judge(`${username} ${from}`, async () => {
        await perAccount(username)
        const found = await store.find(username)
        return (await hasher.verify(found?.passwordHash, password, from)) ? found : undefined
      })
      if (account === undefined) throw new AppError('wrong_credentials')
      if (account.isDisabled) throw new AppError('account_disabled')
      return account
    },
    async kdf(username) {
      const [account, fallback] = [await store.find(username), defaultKdf(pepper, username)]
      return account?.kdf ?? fallback
    },
  }
}
