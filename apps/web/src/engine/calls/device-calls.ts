import type { Client, OwnDevice } from '@fastchat/client'
import type { DeviceId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'

export type DeviceCalls = {
  listDevices: { input: Record<string, never>; result: readonly OwnDevice[] }
  renameDevice: { input: { deviceId: DeviceId; name: string }; result: readonly OwnDevice[] }
  removeDevice: { input: { deviceId: DeviceId; password: string }; result: readonly OwnDevice[] }
}

export const deviceCalls = ({ ownDevices }: Client): Handlers<DeviceCalls> => ({
  listDevices: async () => await ownDevices.list(),
  renameDevice: async ({ deviceId, name }) => {
    await ownDevices.rename(deviceId, name)
    return await ownDevices.list()
  },
  removeDevice: async ({ deviceId, password }) => {
    await ownDevices.revoke(deviceId, password)
    return await ownDevices.list()
  },
})
