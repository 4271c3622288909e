import type { Client } from '@fastchat/client'
import type { Clock } from '@fastchat/clock'
import type { Handlers } from '../call.ts'
import { keyKept, recoverySetting } from '../watchers/watch-settings.ts'

export type SecurityCalls = {
  changePassword: { input: { former: string; password: string; endOthers: boolean } }
  /** Says since when there is a recovery key, in ISO 8601. */
  recoverySince: { input: Record<string, never>; result: { readonly since?: string } }
  checkRecovery: { input: { key: string }; result: boolean }
  newRecovery: { input: { password: string }; result: { readonly recoveryKey: string } }
  /** Notes for all devices that the person kept the key, or was asked and put it off. */
  noteRecovery: { input: { is: 'kept' | 'later' } }
  endOtherSessions: { input: Record<string, never>; result: number }
  /** Notes that the person has looked at the news of the account. */
  lookedAtNews: { input: Record<string, never> }
  /** Says what a person may lose who logs out now. */
  beforeLogOut: { input: Record<string, never>; result: LeavingInfo }
}

export type LeavingInfo = {
  /** Absent when the server does not answer. */
  readonly isOnlyDevice?: boolean
  readonly isKeyKept: boolean
  /** The messages that the server does not have yet. */
  readonly unsent: number
}

export const securityCalls = (client: Client, clock: Pick<Clock, 'wallMs'>): Handlers<SecurityCalls> => ({
  changePassword: async ({ former, password, endOthers }) =>
    await client.account.changePassword(former, password, { endOthers }),
  recoverySince: async () => {
    const since = await client.account.recoveryKeySince()
    return since === undefined ? {} : { since }
  },
  checkRecovery: async ({ key }) => {
    const isRight = await client.account.checkRecoveryKey(key)
    if (isRight) await client.own.settings.set(recoverySetting, keyKept)
    return isRight
  },
  newRecovery: async ({ password }) => ({ recoveryKey: await client.account.newRecoveryKey(password) }),
  noteRecovery: async ({ is }) =>
    await client.own.settings.set(recoverySetting, is === 'kept' ? keyKept : clock.wallMs()),
  endOtherSessions: async () => await client.account.endSessions({ keepThis: true }),
  lookedAtNews: async () => {
    await client.ownDevices.looked((await client.ownDevices.unseen()).map(({ deviceId }) => deviceId))
    await client.idleDevices.looked()
    await client.account.passwords.looked()
    client.changes.list('devices')
  },
  beforeLogOut: async () => await leavingInfo(client),
})

async function leavingInfo(client: Client): Promise<LeavingInfo> {
  const devices = await client.ownDevices.list().catch(() => undefined)
  return {
    ...(devices && { isOnlyDevice: devices.length <= 1 }),
    isKeyKept: client.own.settings.get(recoverySetting) === keyKept,
    unsent: await countUnsent(client),
  }
}

/** Returns the number of messages and files of this device that the server does not have. */
async function countUnsent(client: Client): Promise<number> {
  const files = (await client.files.waiting()).length
  const queued = client.conversations().map(({ conversation }) => {
    const records = [...client.conversation(conversation).outbox.records.values()]
    return records.filter(({ stored }) => !stored).length
  })
  return queued.reduce((sum, count) => sum + count, files)
}
