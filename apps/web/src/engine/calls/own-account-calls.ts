import {
  type Client,
  ClientError,
  checkName,
  createRest,
  type Enrolled,
  logIn,
  resetPassword,
  ServerError,
} from '@fastchat/client'
import type { Handlers } from '../call.ts'
import { passwordWork } from '../password-work.ts'
import type { TaskKind } from '../settings-state.ts'
import type { Tasks } from '../tasks.ts'

export type OwnAccountCalls = {
  /** Says whether a name can be signed up with, as far as the server tells. */
  checkName: { input: { name: string; invite?: string }; result: 'free' | 'taken' | 'unknown' }
  /** Sets a new password with the recovery key. */
  resetPassword: { input: { name: string; recoveryKey: string; password: string; endOthers: boolean } }
  /** Opens the session of this device again. A removed device becomes a new one. */
  logInAgain: { input: { password: string } }
  deletionPlan: { input: Record<string, never>; result: DeletionInfo }
  /** Deletes the account, and everything of it in this browser. Returns the groups not left. */
  deleteAccount: { input: { password: string }; result: number }
  logOutEverywhere: { input: Record<string, never> }
  cancelTask: { input: { kind: TaskKind } }
}

/** The groups, chats and devices that a deletion ends. */
export type DeletionInfo = {
  readonly groups: readonly { readonly name?: string; readonly successor?: string }[]
  readonly directChats: number
  /** Absent when the server does not answer. */
  readonly devices?: number
}

export type OwnAccountDoor = {
  readonly baseUrl: string
  readonly tasks: Tasks
  /** The signed-in device. @throws when there is none */
  client(): Client
  /** Makes this browser a device of the account again. */
  again(enrolled: Enrolled): Promise<void>
  /** Ends the session here, and removes everything of it from this browser. */
  logOut(): Promise<void>
  /** Removes everything of a deleted account from this browser. */
  erase(): Promise<void>
}

export function ownAccountCalls(door: OwnAccountDoor): Handlers<OwnAccountCalls> {
  const { baseUrl, tasks, client } = door
  const rest = createRest(baseUrl)
  return {
    checkName: async ({ name, invite }) => {
      try {
        await checkName(rest, name, invite)
        return 'free'
      } catch (error) {
        // The sign-up itself tells anything else.
        return error instanceof ServerError && error.code === 'username_taken' ? 'taken' : 'unknown'
      }
    },
    resetPassword: async ({ name: username, ...input }) =>
      await resetPassword(rest, { username, ...input }, passwordWork),
    logInAgain: async ({ password }) => {
      const { username, userId, accountKey } = client().identity
      const enrolled = await logIn(rest, username, password, passwordWork)
      const { user } = enrolled.enrolment
      // A removed device is emptied next, so only the account itself may ask for that.
      if (user.userId !== userId || user.accountKey !== accountKey) throw new ClientError('wrong_account')
      await door.again(enrolled)
    },
    deletionPlan: async () => await deletionInfo(client()),
    deleteAccount: async ({ password }) =>
      await tasks.run('delete', async (signal, moved) => {
        const onProgress = ({ left, groups }: { left: number; groups: number }) => moved(left, groups)
        const stuck = await client().account.delete({ password, onProgress, signal })
        await door.erase()
        return stuck.length
      }),
    logOutEverywhere: async () => {
      await client().account.endSessions()
      await door.logOut()
    },
    cancelTask: async ({ kind }) => tasks.cancel(kind),
  }
}

async function deletionInfo(client: Client): Promise<DeletionInfo> {
  const { groups, directChats } = client.account.deletion()
  const devices = await client.ownDevices.list().catch(() => undefined)
  return {
    groups: groups.map(({ conversation, successor }) => {
      const { name } = client.conversation(conversation).record
      return {
        ...(name !== undefined && { name }),
        ...(successor !== undefined && { successor: client.pins.nameOf(successor) }),
      }
    }),
    directChats,
    ...(devices && { devices: devices.length }),
  }
}
