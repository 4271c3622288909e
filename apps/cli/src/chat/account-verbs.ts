import { type Client, type LeavingProgress, wipeKeys } from '@fastchat/client'
import type { DeviceId, UserId } from '@fastchat/schema'
import { CliError } from '../cli-error.ts'
import { safeName } from '../text/safe-text.ts'

const cancelled =
  'Cancelled. The account is still there; the groups that it has left stay left. The same command goes on'

/** A session of the account, as this device sees it. */
export type SessionInfo = {
  readonly device: DeviceId
  readonly name: string
  /** Times in ISO 8601. */
  readonly usedAt: string
  readonly expiresAt: string
  readonly current: boolean
}

/** The groups, chats and devices that a deletion ends. A group without a `successor` needs none. */
export type DeletionInfo = {
  readonly groups: readonly { readonly name: string; readonly successor: string | null }[]
  readonly directChats: number
  readonly devices: number
}

/** The verbs on one's own account. Passwords stay in this machine: the socket is the owner's. */
export type AccountVerbs = {
  sessions(): Promise<readonly SessionInfo[]>
  /** Ends all sessions, or all but this one; returns how many. */
  endSessions(args: { readonly keepThis: boolean }): Promise<number>
  /** Ends the session of one device; false when it has none. */
  endSession(args: { readonly device: DeviceId }): Promise<boolean>
  changePassword(args: {
    readonly former: string
    readonly password: string
    readonly endOthers: boolean
  }): Promise<void>
  /** Returns when the recovery key was made, or null if there is none. */
  recoverySince(): Promise<string | null>
  checkRecovery(args: { readonly key: string }): Promise<boolean>
  /** Makes a recovery key, and returns it once. */
  newRecovery(args: { readonly password: string }): Promise<string>
  /** Returns what a deletion of the account ends. */
  deletion(): Promise<DeletionInfo>
  /** Ends a deletion that is leaving groups. Those that it has left stay left. */
  cancelDeletion(): Promise<void>
  /**
   * Deletes the account and the keys of this device. Returns the number of groups that could not be
   * left.
   */
  deleteAccount(args: { readonly password: string; readonly keepHistory: boolean }): Promise<number>
}

/** Names all verbs, for the list of verbs. */
export const isAccountVerb: Readonly<Record<keyof AccountVerbs, true>> = {
  sessions: true,
  endSessions: true,
  endSession: true,
  changePassword: true,
  recoverySince: true,
  checkRecovery: true,
  newRecovery: true,
  deletion: true,
  cancelDeletion: true,
  deleteAccount: true,
}

type Port = {
  /** Connects, and runs work that needs a pod. */
  served<T>(work: Promise<T>): Promise<T>
  /** Tells how far a deletion is. */
  tellLeaving(progress: LeavingProgress): void
  /** Empties this device after its account was deleted. */
  forget(empty: () => Promise<void>, keepHistory: boolean): Promise<void>
}

/** Returns the verbs for a device of this process. */
export function accountVerbs(client: Client, store: Parameters<typeof wipeKeys>[0], port: Port): AccountVerbs {
  const { account } = client
  let leaving = new AbortController()
  return {
    async sessions() {
      const [all, devices] = [await account.sessions(), await client.ownDevices.list()]
      const names = new Map(devices.map(({ deviceId, name }) => [deviceId, name]))
      // The server alone says the name in a session, so it is not shown.
      return all.map(({ deviceId, ...session }) => {
        const name = names.get(deviceId) ?? 'a device that your account has not signed'
        return { ...session, device: deviceId, name }
      })
    },
    endSessions: async ({ keepThis }) => await account.endSessions({ keepThis }),
    endSession: async ({ device }) => await account.endSession(device),
    async changePassword({ former, password, endOthers }) {
      await account.changePassword(former, password, { endOthers })
    },
    recoverySince: async () => (await account.recoveryKeySince()) ?? null,
    checkRecovery: async ({ key }) => await account.checkRecoveryKey(key),
    newRecovery: async ({ password }) => await account.newRecoveryKey(password),
    async deletion() {
      const { groups, directChats } = account.deletion()
      const devices = await client.ownDevices.list()
      const nameOf = (id: UserId) => safeName(client.pins.nameOf(id))
      return {
        groups: groups.map(({ conversation, successor }) => ({
          name: safeName(client.conversation(conversation).record.name ?? conversation),
          successor: successor === undefined ? null : nameOf(successor),
        })),
        ...{ directChats, devices: devices.length },
      }
    },
    cancelDeletion: async () => leaving.abort(new CliError('cancelled', cancelled)),
    async deleteAccount({ password, keepHistory }) {
      leaving = new AbortController()
      const onProgress = (progress: LeavingProgress) => port.tellLeaving(progress)
      const stuck = await port.served(account.delete({ password, onProgress, signal: leaving.signal }))
      await port.forget(() => wipeKeys(store, { keepHistory }), keepHistory)
      return stuck.length
    },
  }
}
