import type { DeviceId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { DeviceLabelError, maxDeviceLabelBytes, openDeviceLabel, sealDeviceLabel } from './device-label.ts'

const context = {
  stateKey: new Uint8Array(32).fill(7),
  userId: '0195f3a0-7c00-7000-8000-000000000001' as UserId,
  deviceId: '0195f3a0-7c00-7000-8000-000000000002' as DeviceId,
}
const text = new TextEncoder().encode('{"v":1,"name":"Laptop"}')

test('a label opens to what was sealed', async () => {
  expect(await openDeviceLabel(context, await sealDeviceLabel(context, text))).toEqual(text)
})

test('labels of all sizes have the same size', async () => {
  const sizes = [0, 1, 100, maxDeviceLabelBytes].map((size) => sealDeviceLabel(context, new Uint8Array(size)))
  expect(new Set((await Promise.all(sizes)).map(({ length }) => length))).toEqual(new Set([540]))
  expect(() => sealDeviceLabel(context, new Uint8Array(maxDeviceLabelBytes + 1))).toThrow(RangeError)
})

test('a label opens for no other device, account or key, and not when it was changed', async () => {
  const sealed = await sealDeviceLabel(context, text)
  const changed = sealed.slice()
  changed[20]! ^= 1
  const others = [
    [{ ...context, deviceId: '0195f3a0-7c00-7000-8000-000000000003' as DeviceId }, sealed],
    [{ ...context, userId: '0195f3a0-7c00-7000-8000-000000000003' as UserId }, sealed],
    [{ ...context, stateKey: new Uint8Array(32) }, sealed],
    [context, changed],
    [context, sealed.subarray(0, 100)],
    [context, new Uint8Array()],
  ] as const
  for (const [other, bytes] of others)
    await expect(openDeviceLabel(other, bytes)).rejects.toBeInstanceOf(DeviceLabelError)
})
