import type { Client } from '@fastchat/client'
import type { Handlers } from '../call.ts'
import type { Tasks } from '../tasks.ts'
import { type DeviceCalls, deviceCalls } from './device-calls.ts'
import { type PrivacyCalls, privacyCalls } from './privacy-calls.ts'
import { type SecurityCalls, securityCalls } from './security-calls.ts'
import { type StorageCalls, storageCalls } from './storage-calls.ts'

/** The calls of the settings page. */
export type SettingsCalls = DeviceCalls & PrivacyCalls & SecurityCalls & StorageCalls

export const settingsCalls = (client: Client, tasks: Tasks): Handlers<SettingsCalls> => ({
  ...deviceCalls(client),
  ...privacyCalls(client),
  ...securityCalls(client),
  ...storageCalls(client, tasks),
})
