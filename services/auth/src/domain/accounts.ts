import { verifyNameSignature } from '@fastchat/crypto/verify'
import type { ErrorCode, Kdf, UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { defaultKdf } from './default-kdf.ts'
import type { GuessDelay } from './guess-delay.ts'
import type { PasswordHasher } from './password-hasher.ts'
import type { RateLimit } from './rate-limit.ts'
import type { User, Users } from './users.ts'

export type Vault = { readonly version: number; readonly body: Uint8Array }

/** How the client opens the account: both were made by it and are opaque here. */
export type Recovery = { readonly kdf?: Kdf | undefined; readonly vault?: Vault | undefined }
/** The client chooses the user id, since its account key signs it together with the name. */
type SignedUser = Omit<User, 'isDeleted'> & { readonly nameSig: Uint8Array }
export type NewAccount = SignedUser &
  Recovery & {
    readonly passwordHash: string
    /** What its devices share at first, sealed. */
    readonly accountState?: Buffer | undefined
  }
export type StoredAccount = User & Recovery & { readonly passwordHash: string; readonly isDisabled: boolean }
export type Signup = SignedUser & Recovery & { readonly password: string; readonly invite?: string | undefined }

/** Why somebody may not sign up here. */
export type SignupRefusal = Extract<ErrorCode, 'signup_closed' | 'invite_required' | 'invite_invalid'>

export type AccountStore = {
  /** Takes one query of the same shape, whether the name exists or not. */
  find(username: string): Promise<StoredAccount | undefined>
  /** Does nothing where there is a statement already. */
  setNameSig(userId: UserId, nameSig: Uint8Array): Promise<void>
  /** Whether whoever comes with this invitation, or none, may sign up now. Uses nothing up. */
  refusal(invite: string | undefined): Promise<SignupRefusal | undefined>
  /** With the invitation, if one is needed: the account is there and one use of it is gone, or neither. */
  add(account: NewAccount, invite: string | undefined): Promise<'added' | 'username_taken' | 'id_taken' | SignupRefusal>
}

/** `from`: the network that asks. Those of one network wait for each other first, and for the guesses made from there alone. */
export type Accounts = {
  /**
   * @throws AppError `name_invalid`, `username_taken`, `conflict` (the chosen id is in use); `signup_closed`, `invite_required`,
   *   `invite_invalid`; `rate_limited`, `busy`
   */
  signup(request: Signup, from: string): Promise<User>
  /**
   * @throws AppError `wrong_credentials`, the same and at the same cost for unknown names; `account_disabled`, to whoever knows the
   *   password; `rate_limited`, `busy`
   */
  login(username: string, password: string, from: string): Promise<User & Recovery>
  /** Stores the statement of an account that has none. @throws AppError `name_invalid`, `unauthorized` (no such account) */
  signName(userId: UserId, nameSig: Uint8Array): Promise<void>
  /** Never tells whether the name exists. */
  kdf(username: string): Promise<Kdf>
}

export function createAccounts(ports: {
  readonly store: AccountStore
  readonly hasher: PasswordHasher
  readonly users: Pick<Users, 'byId'>
  /** By network. */
  readonly signups: RateLimit
  /** By account and network together: what comes from elsewhere takes nothing of what the person has. */
  readonly logins: RateLimit
  /** By account alone: the most that all networks together may ask for. */
  readonly allLogins: RateLimit
  readonly guesses: GuessDelay
  readonly pepper: string
}): Accounts {
  const { store, hasher, users, signups, logins, allLogins, guesses, pepper } = ports
  const refuseUnsigned = async (user: User, sig: Uint8Array) => {
    if (!(await verifyNameSignature({ ...user, sig }))) throw new AppError('name_invalid')
  }
  return {
    async signup({ password, invite, ...account }, from) {
      await signups(from)
      await refuseUnsigned(account, account.nameSig)
      // Before the work of hashing; asked again by the statement that adds the account.
      const refusal = await store.refusal(invite)
      if (refusal) throw new AppError(refusal)
      const passwordHash = await hasher.hash(password, from)
      const outcome = await store.add({ ...account, passwordHash }, invite)
      if (outcome === 'id_taken') throw new AppError('conflict')
      if (outcome !== 'added') throw new AppError(outcome)
      const { userId, username, accountKey, nameSig } = account
      return { userId, username, accountKey, nameSig }
    },
    async login(username, password, from) {
      const account = await guesses.judge(`${username} ${from}`, async () => {
        await logins(`${username} ${from}`)
        await allLogins(username)
        const found = await store.find(username)
        return (await hasher.verify(found?.passwordHash, password, from)) ? found : undefined
      })
      if (account === undefined) throw new AppError('wrong_credentials')
      if (account.isDisabled) throw new AppError('account_disabled')
      return account
    },
    async signName(userId, nameSig) {
      const user = await users.byId(userId)
      if (!user || user.isDeleted) throw new AppError('unauthorized')
      await refuseUnsigned(user, nameSig)
      if (!user.nameSig) await store.setNameSig(userId, nameSig)
    },
    async kdf(username) {
      const [account, fallback] = [await store.find(username), defaultKdf(pepper, username)]
      return account?.kdf ?? fallback
    },
  }
}
