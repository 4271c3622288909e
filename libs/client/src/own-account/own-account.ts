import { preparePassword } from '@fastchat/crypto'
import { authOperations, type ConversationId, type DeviceId, type OwnSession, type UserId } from '@fastchat/schema'
import { logIn } from '../account/enrol.ts'
import { inWorker, type PasswordWork } from '../account/password-work.ts'
import type { Conversation } from '../conversation/conversation.ts'
import { ClientError, ServerError } from '../errors.ts'
import type { Groups } from '../groups/groups.ts'
import type { Api } from '../net/api.ts'
import type { Rest } from '../net/rest.ts'
import type { Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { deleteAccount } from './delete-account.ts'
import { type LeavingProgress, leaveGroups } from './leave-groups.ts'
import { PasswordNews } from './password-news.ts'
import { checkRecoveryKey, recoveryStatus, replaceRecoveryKey } from './recovery-key.ts'
import { type OpenedAccount, setPassword } from './set-password.ts'

type Port = {
  readonly rest: Rest
  readonly api: Api
  readonly store: Store
  readonly identity: Identity
  readonly groups: Pick<Groups, 'heir' | 'leave'>
  conversations(): readonly Conversation[]
  /** Called when the password has opened the account key. It never rejects. */
  unlocked?(accountPrivate: Uint8Array): Promise<void>
}

/** The password, and how to follow and cancel a deletion. */
export type AccountDeletion = {
  readonly password: string
  /** It is called as the account leaves its groups. */
  readonly onProgress?: (progress: LeavingProgress) => void
  readonly signal?: AbortSignal
}

/** The groups and chats that a deletion ends. A `successor` takes over the role of this user. */
export type DeletionPlan = {
  readonly groups: readonly { readonly conversation: ConversationId; readonly successor?: UserId }[]
  readonly directChats: number
}

/** The actions on one's own account, as a signed-in device makes them. */
export class OwnAccount {
  readonly #port: Port
  readonly #work: PasswordWork
  /** News of passwords that were set elsewhere. */
  readonly passwords: PasswordNews

  constructor(port: Port, work: PasswordWork = inWorker) {
    this.#port = port
    this.#work = work
    const { api, store, identity } = port
    this.passwords = new PasswordNews({ api, store, identity })
  }

  /** Returns the live sessions of the account, the last used first. */
  async sessions(): Promise<readonly OwnSession[]> {
    return (await this.#port.api.call(authOperations.listSessions, {})).sessions
  }

  /**
   * Ends all sessions of the account, or all but this one, and returns how many. Devices and their
   * histories stay; they sign in again with the password.
   */
  async endSessions({ keepThis = false }: { readonly keepThis?: boolean } = {}): Promise<number> {
    return (await this.#port.api.call(authOperations.endSessions, { body: { keepThis } })).ended
  }

  /**
   * Ends the session of one device, and returns whether it had one. The device stays, and signs in
   * again with the password.
   */
  async endSession(only: DeviceId): Promise<boolean> {
    return (await this.#port.api.call(authOperations.endSessions, { body: { keepThis: false, only } })).ended > 0
  }

  /**
   * Changes the password. Everything stays: messages, devices, the recovery key. With `endOthers`
   * the sessions of all other devices end in the same step. A repeated call changes nothing more.
   *
   * @throws {PasswordTooShortError} before the server is asked
   * @throws {ServerError} `wrong_credentials`, `stale_version`
   * @throws {ClientError} `change_uncertain` when no answer came: either password may hold
   */
  async changePassword(
    former: string,
    password: string,
    { endOthers = false }: { readonly endOthers?: boolean } = {},
  ): Promise<void> {
    preparePassword(password)
    const { deviceId } = this.#port.identity
    const account = await this.#open(former).catch(async (error: unknown) => {
      // The answer to an earlier call may have been lost: then the new password holds already.
      const isChanged = isWrongPassword(error) && (await this.#open(password).then(Boolean, () => false))
      if (!isChanged) throw error
      return undefined
    })
    if (!account) return
    const noted = (note: string) => this.passwords.expect(note)
    await setPassword(this.#port.rest, account, password, { endOthers, keep: deviceId, noted }, this.#work)
  }

  /**
   * Returns when the recovery key was made, or undefined if there is none.
   *
   * @throws {ClientError} `recovery_old`
   */
  async recoveryKeySince(): Promise<string | undefined> {
    return (await recoveryStatus(this.#port)).createdAt
  }

  /**
   * Returns whether a recovery key opens this account. The key does not leave this device.
   *
   * @throws {ClientError} `recovery_key_invalid`, `no_recovery_key`, `recovery_old`
   */
  checkRecoveryKey(written: string): Promise<boolean> {
    return checkRecoveryKey(this.#port, this.#port.identity, written)
  }

  /**
   * Makes a recovery key, and returns it once. A former one opens nothing from then on.
   *
   * @throws {ServerError} `wrong_credentials`, `stale_version`
   * @throws {ClientError} `change_uncertain`
   */
  async newRecoveryKey(password: string): Promise<string> {
    return await replaceRecoveryKey(this.#port.rest, this.#port, await this.#open(password))
  }

  /** Returns what a deletion of the account ends, as far as this device knows. */
  deletion(): DeletionPlan {
    const { groups, conversations } = this.#port
    const chats = conversations().filter(({ record: { status } }) => status === 'active' || status === 'joining')
    const left = chats.filter(({ record }) => record.kind === 'group')
    return {
      groups: left.map(({ id }) => {
        const successor = groups.heir(id)
        return { conversation: id, ...(successor !== undefined && { successor }) }
      }),
      directChats: chats.length - left.length,
    }
  }

  /**
   * Deletes the account permanently: leaves the groups, hands over the role of the only admin, then
   * deletes it at the server. Returns the groups that could not be left. The same call finishes an
   * interrupted deletion. Then stop the client, and remove the keys with `wipeKeys`.
   *
   * @throws {ServerError} `wrong_credentials`
   * @throws {ClientError} `wrong_account`, `change_uncertain`
   */
  async delete({ password, onProgress = () => {}, signal }: AccountDeletion): Promise<ConversationId[]> {
    const { rest, api, store, identity, groups, conversations } = this.#port
    const leave = () => leaveGroups({ all: conversations, groups }, onProgress, signal)
    return await deleteAccount({ rest, api, store, work: this.#work, leave }, identity, password)
  }

  /** Opens the account with its password. */
  async #open(password: string): Promise<OpenedAccount> {
    const { rest, identity } = this.#port
    const { enrolment, accountPrivate, hasState } = await logIn(rest, identity.username, password, this.#work)
    const { user, enrolToken, vault } = enrolment
    if (user.userId !== identity.userId || user.accountKey !== identity.accountKey)
      throw new ClientError('wrong_account')
    await this.#port.unlocked?.(accountPrivate)
    return {
      userId: user.userId,
      enrolToken,
      accountPrivate,
      hasState,
      vaultVersion: vault?.version ?? 0,
      by: 'password',
    }
  }
}

const isWrongPassword = (error: unknown): boolean => error instanceof ServerError && error.code === 'wrong_credentials'
