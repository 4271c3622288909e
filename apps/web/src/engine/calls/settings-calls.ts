import type { Client } from '@fastchat/client'
import type { Clock } from '@fastchat/clock'
import type { Handlers } from '../call.ts'
import type { Tasks } from '../tasks.ts'
import { type DeviceCalls, deviceCalls } from './device-calls.ts'
import { type PrivacyCalls, privacyCalls } from './privacy-calls.ts'
import { type SecurityCalls, securityCalls } from './security-calls.ts'
import { type StorageCalls, storageCalls } from './storage-calls.ts'

/** The calls of the settings page. */
export type SettingsCalls = DeviceCalls & PrivacyCalls & SecurityCalls & StorageCalls

export const settingsCalls = (client: Client, tasks: Tasks, clock: Pick<Clock, 'wallMs'>): Handlers<SettingsCalls> => ({
  ...deviceCalls(client),
  ...privacyCalls(client),
  ...securityCalls(client, clock),
  ...storageCalls(client, tasks, clock),
})
