import { verifyPasswordNote } from '@fastchat/crypto/verify'
import type { DeviceId, Kdf, OwnSession, UserId } from '@fastchat/schema'
import { AppError, type DeviceActor, type EnrolActor } from '@fastchat/service'
import type { Vault } from './accounts.ts'
import type { PasswordHasher } from './password-hasher.ts'
import type { Users } from './users.ts'

/** A copy of the account key that the recovery key opens. */
export type RecoveryCopy = { readonly version: number; readonly body: Uint8Array }

/** A person who has just logged in, and the number of the password that they had then. */
export type Enrolled = { readonly userId: UserId; readonly passwordNo: number }

type PasswordChange = {
  readonly kdf: Kdf
  readonly vault: Vault
  /** Ends the sessions of all devices but `keep`. */
  readonly ends?: { readonly keep?: string | undefined } | undefined
  /** The account key signs how the password was set, for the devices of the account. */
  readonly note?: Uint8Array | undefined
}
/** The sessions of one device, or of all; `keepThis` leaves out that of the caller. */
export type EndedSessions = { readonly keepThis: boolean; readonly only?: DeviceId | undefined }

type NewRecovery = RecoveryCopy & { readonly verifier: Uint8Array }

/**
 * The account in the database. Each function checks its conditions under a lock of the account.
 * `no_owner`: there is no such account, or its password was changed after the login.
 */
export type OwnAccountStore = {
  setPassword(
    owner: Enrolled,
    change: PasswordChange & { readonly passwordHash: string },
  ): Promise<'stored' | 'stale' | 'no_owner'>
  putRecovery(owner: Enrolled, recovery: NewRecovery): Promise<'stored' | 'stale' | 'no_owner'>
  /** Returns undefined unless the session of the caller is alive. */
  recovery(caller: DeviceActor): Promise<{ recovery?: RecoveryCopy; createdAt?: Date } | undefined>
  /** Returns undefined unless the session of the caller is alive. */
  passwordNote(caller: DeviceActor): Promise<{ note?: Uint8Array } | undefined>
  sessions(caller: DeviceActor): Promise<readonly OwnSession[] | undefined>
  endSessions(caller: DeviceActor, which: EndedSessions): Promise<number | undefined>
  /** Deletes the account. True also when it was deleted before. */
  delete(owner: Enrolled, username: string): Promise<boolean | 'name_differs'>
}

/** Changes accounts for their owners. A login counts only until the next password is set. */
export type OwnAccount = {
  /**
   * Replaces password and vault in one step. @throws AppError `stale_version` unless the vault
   * follows the stored one; `unauthorized` for a login with a former password;
   * `password_note_invalid` for a note that does not say how the person logged in; `busy`
   */
  setPassword(actor: EnrolActor, change: PasswordChange & { readonly password: string }, from: string): Promise<void>
  /**
   * Replaces the recovery key. A login by recovery key may not: it sets a password first, which the
   * other devices are told. @throws AppError `stale_version`, `unauthorized`
   */
  putRecovery(actor: EnrolActor, recovery: NewRecovery): Promise<void>
  /** Returns the sealed copy, if the account has a recovery key. @throws AppError `unauthorized` */
  recovery(caller: DeviceActor): Promise<{ recovery?: RecoveryCopy; createdAt?: Date }>
  /** Returns the note of the last change of the password. @throws AppError `unauthorized` */
  passwordNote(caller: DeviceActor): Promise<{ note?: Uint8Array }>
  /** Returns the live sessions, the last used first. @throws AppError `unauthorized` */
  sessions(caller: DeviceActor): Promise<readonly OwnSession[]>
  /** Ends sessions and returns how many. @throws AppError `unauthorized` */
  endSessions(caller: DeviceActor, which: EndedSessions): Promise<number>
  /** Deletes the account permanently. @throws AppError `name_differs`, `unauthorized` */
  delete(actor: EnrolActor, username: string): Promise<void>
}

export function createOwnAccount({
  store,
  hasher,
  users,
}: {
  readonly store: OwnAccountStore
  readonly hasher: Pick<PasswordHasher, 'hash'>
  readonly users: Pick<Users, 'byId'>
}): OwnAccount {
  /**
   * Compares the note with the login. So a thief with the recovery key cannot keep a reset from the
   * devices of the account.
   */
  async function expectNote({ userId, isRecovered = false }: EnrolActor, { note, vault }: PasswordChange) {
    if (!note && !isRecovered) return
    const [user, claims] = [await users.byId(userId), note && (await verifyPasswordNote(note).catch(() => undefined))]
    const isRight =
      user &&
      claims?.userId === userId &&
      claims.version === vault.version &&
      claims.by === (isRecovered ? 'recovery' : 'password') &&
      Buffer.compare(claims.accountKey, user.accountKey) === 0
    if (!isRight) throw new AppError('password_note_invalid')
  }

  return {
    async setPassword(actor, { password, ...change }, from) {
      const owner = enrolledOf(actor)
      await expectNote(actor, change)
      const passwordHash = await hasher.hash(password, from)
      refuse(await store.setPassword(owner, { ...change, passwordHash }))
    },
    async putRecovery(actor, recovery) {
      if (actor.isRecovered) throw new AppError('unauthorized')
      refuse(await store.putRecovery(enrolledOf(actor), recovery))
    },
    recovery: async (caller) => alive(await store.recovery(caller)),
    passwordNote: async (caller) => alive(await store.passwordNote(caller)),
    sessions: async (caller) => alive(await store.sessions(caller)),
    endSessions: async (caller, which) => alive(await store.endSessions(caller, which)),
    async delete(actor, username) {
      const outcome = await store.delete(enrolledOf(actor), username)
      if (outcome === 'name_differs') throw new AppError('name_differs')
      if (!outcome) throw new AppError('unauthorized')
    },
  }
}

/**
 * Returns who logged in, and with which password. A token of the version before does not say it: it
 * may register a device, but change nothing of the account.
 */
function enrolledOf({ userId, passwordNo }: EnrolActor): Enrolled {
  if (passwordNo === undefined) throw new AppError('unauthorized')
  return { userId, passwordNo }
}

function refuse(outcome: 'stored' | 'stale' | 'no_owner'): void {
  if (outcome === 'no_owner') throw new AppError('unauthorized')
  if (outcome === 'stale') throw new AppError('stale_version')
}

function alive<T>(found: T | undefined): T {
  if (found === undefined) throw new AppError('unauthorized')
  return found
}
