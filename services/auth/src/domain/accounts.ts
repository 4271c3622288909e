import { verifyNameSignature } from '@fastchat/crypto/verify'
import type { ErrorCode, Kdf, UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { defaultKdf } from './default-kdf.ts'
import type { GuessDelay } from './guess-delay.ts'
import type { PasswordHasher } from './password-hasher.ts'
import type { RateLimit } from './rate-limit.ts'
import type { User, Users } from './users.ts'

export type Vault = { readonly version: number; readonly body: Uint8Array }

/**
 * The parameters and the vault that a client opens the account with. The client made both; they are
 * opaque here.
 */
export type Recovery = { readonly kdf?: Kdf | undefined; readonly vault?: Vault | undefined }
/** The client chooses the user id, because its account key signs it together with the name. */
type SignedUser = Omit<User, 'isDeleted'> & { readonly nameSig: Uint8Array }
export type NewAccount = SignedUser &
  Recovery & {
    readonly passwordHash: string
    /** The first sealed state that its devices share. */
    readonly accountState?: Buffer | undefined
    /** The first copy that a recovery key opens, and the hash of that key's login value. */
    readonly recovery?: FirstRecovery | undefined
  }
type FirstRecovery = { readonly verifier: Uint8Array; readonly body: Uint8Array }
/** The number of the present password. */
type Numbered = { readonly passwordNo: number }
export type StoredAccount = User & Recovery & Numbered & { readonly passwordHash: string; readonly isDisabled: boolean }
export type Signup = SignedUser &
  Recovery & {
    readonly password: string
    readonly invite?: string | undefined
    readonly recovery?: FirstRecovery | undefined
  }

/** The reasons to reject a sign-up by policy. */
export type SignupRefusal = Extract<ErrorCode, 'signup_closed' | 'invite_required' | 'invite_invalid'>

export type AccountStore = {
  /** Finds an account. The query has the same shape whether the name exists or not. */
  find(username: string): Promise<StoredAccount | undefined>
  /** Stores the signature unless the account has one. */
  setNameSig(userId: UserId, nameSig: Uint8Array): Promise<void>
  /**
   * Returns why a sign-up with this invitation, or with none, would be rejected now. It uses
   * nothing up.
   */
  refusal(invite: string | undefined): Promise<SignupRefusal | undefined>
  /** Returns whether an account has the name, or had it and was deleted. */
  isTaken(username: string): Promise<boolean>
  /** Adds the account and uses the invitation, if one is needed. Either both happen or neither. */
  add(account: NewAccount, invite: string | undefined): Promise<'added' | 'username_taken' | 'id_taken' | SignupRefusal>
}

/**
 * Sign-up and login. `from` is the network of the caller. Callers of one network queue behind each
 * other, and only their own wrong passwords slow them down.
 */
export type Accounts = {
  /**
   * Creates an account.
   *
   * @throws AppError `name_invalid`, `username_taken`, `conflict` (the chosen id is in use);
   *   `signup_closed`, `invite_required`, `invite_invalid`; `rate_limited`, `busy`
   */
  signup(request: Signup, from: string): Promise<User>
  /**
   * Says whether a sign-up with this name would be accepted now. It counts as a sign-up and asks
   * for the same invitation, so it reveals no more than sign-ups do.
   *
   * @throws AppError `username_taken`; `signup_closed`, `invite_required`, `invite_invalid`;
   *   `rate_limited`
   */
  checkName(username: string, invite: string | undefined, from: string): Promise<void>
  /**
   * Checks a password. An unknown name costs the same work and gives the same error as a wrong
   * password.
   *
   * @throws AppError `wrong_credentials`; `account_disabled`, only if the password is right;
   *   `rate_limited`, `busy`
   */
  login(username: string, password: string, from: string): Promise<User & Recovery & Numbered>
  /**
   * Stores the name signature of an account that has none. @throws AppError `name_invalid`,
   * `unauthorized` (no such account)
   */
  signName(userId: UserId, nameSig: Uint8Array): Promise<void>
  /** Returns the key derivation parameters. The answer does not reveal whether the name exists. */
  kdf(username: string): Promise<Kdf>
}

export function createAccounts(ports: {
  readonly store: AccountStore
  readonly hasher: PasswordHasher
  readonly users: Pick<Users, 'byId'>
  /** Counts by network. */
  readonly signups: RateLimit
  /** Counts by account and network together, so other networks cannot use up the owner's tries. */
  readonly logins: RateLimit
  /** Counts by account alone. It limits the logins of all networks together. */
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
      // Check before the costly hash. The statement that adds the account checks again.
      const refusal = await store.refusal(invite)
      if (refusal) throw new AppError(refusal)
      const passwordHash = await hasher.hash(password, from)
      const outcome = await store.add({ ...account, passwordHash }, invite)
      if (outcome === 'id_taken') throw new AppError('conflict')
      if (outcome !== 'added') throw new AppError(outcome)
      const { userId, username, accountKey, nameSig } = account
      return { userId, username, accountKey, nameSig }
    },
    async checkName(username, invite, from) {
      await signups(from)
      const refusal = (await store.refusal(invite)) ?? ((await store.isTaken(username)) ? 'username_taken' : undefined)
      if (refusal) throw new AppError(refusal)
    },
    async login(username, password, from) {
      const account = await guesses.attempt(`${username} ${from}`, async () => {
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
