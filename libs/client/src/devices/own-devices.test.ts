import { createAccountKey, createDeviceKeys, signCredential } from '@fastchat/crypto'
import { authOperations, type Device, type DeviceId, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { ServerError, Unreachable } from '../errors.ts'
import { newDeviceId, newUserId } from '../new-id.ts'
import { Batch, getRecord, type Identity } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { SignIn } from './known-devices.ts'
import { OwnDevices } from './own-devices.ts'

const { accountPrivate, accountKey } = createAccountKey()
const userId = newUserId()
const stateKey = toBase64Url(new Uint8Array(32).fill(9))

function newDevice(name: string, signedBy = accountPrivate): Device {
  const { signaturePublic } = createDeviceKeys()
  const deviceId = newDeviceId()
  const sig = signCredential(signedBy, { userId, deviceId, signatureKey: signaturePublic })
  return {
    ...{ deviceId, userId, name, signatureKey: toBase64Url(signaturePublic), credentialSig: toBase64Url(sig) },
    ...{ createdAt: '2026-11-30T18:04:00.000Z', keyPackages: 0 },
  }
}

/** The server answers with these devices, and may change them as it likes. */
let listed: Device[]
let isDown = false
let store: Store
let told: SignIn[]
let troubles: string[]
let leaves: DeviceId[]
const mine = newDevice('CLI on here')
const identity: Identity = {
  ...{ userId, username: 'ann', deviceId: mine.deviceId, deviceName: 'CLI on here', deviceKind: 'terminal' },
  ...{ accountKey: toBase64Url(accountKey), credentialSig: mine.credentialSig, stateKey },
  ...{ signaturePrivate: '', signaturePublic: mine.signatureKey },
}

beforeEach(async () => {
  ;[listed, isDown, store, told, troubles, leaves] = [[mine], false, memoryStore(), [], [], []]
  await store.write(new Batch().put('meta', 'identity', identity).writes)
})

/** Starts the process of a device. */
function start(device = identity): OwnDevices {
  const call = async (op: unknown, input: { params?: { deviceId: DeviceId }; body?: object }) => {
    if (isDown) throw new Unreachable('down')
    if (op === authOperations.listDevices) return { devices: listed }
    const named = listed.find(({ deviceId }) => deviceId === input.params?.deviceId)
    if (!named) throw new ServerError('not_found', 'Not found')
    listed = listed.map((one) => (one === named ? { ...one, ...input.body } : one))
    return undefined
  }
  const members = () => leaves.map((deviceId) => ({ userId, deviceId }))
  return new OwnDevices({
    identity: device,
    store,
    rest: {} as never, // only a revocation uses it
    api: { call: call as never },
    conversations: () => [{ group: { isMember: true, members } as never }],
    tell: (signIn) => void told.push(signIn),
    rotate: async () => {},
    onTrouble: (error) => void troubles.push((error as { code?: string }).code ?? error.message),
  })
}

test('a new device is told once, with its name, and stays new until somebody looks at it', async () => {
  await start().connected()
  const other = newDevice('Firefox on Linux')
  listed.push(other)
  const devices = start()
  await devices.connected()
  await devices.connected()
  expect(told).toMatchObject([{ deviceId: other.deviceId, number: 2, name: 'Firefox on Linux' }])
  const later = start()
  expect(await later.unseen()).toMatchObject([{ deviceId: other.deviceId }])
  expect((await later.list()).map(({ number, isNew, isThis }) => [number, isNew, isThis])).toEqual([
    [1, false, true],
    [2, true, false],
  ])
  await later.looked([other.deviceId])
  expect([await later.unseen(), (await later.list())[1]?.isNew]).toEqual([[], false])
  expect(told).toHaveLength(1)
})

test('the devices that are there at the first look are not new', async () => {
  listed.push(newDevice('older'))
  const devices = start()
  await devices.connected()
  expect([told, await devices.unseen()]).toEqual([[], []])
})

test('a device that a server leaves out of its list is found in the chats', async () => {
  const devices = start()
  await devices.connected()
  const hidden = newDevice('hidden')
  leaves = [mine.deviceId, hidden.deviceId]
  await devices.connected()
  expect(told).toEqual([{ deviceId: hidden.deviceId, number: 2 }])
  // Also while the list does not answer.
  const second = newDevice('also hidden')
  leaves.push(second.deviceId)
  isDown = true
  await devices.connected()
  expect(told.map(({ deviceId }) => deviceId)).toEqual([hidden.deviceId, second.deviceId])
})

test('a device that the account key has not signed is left out and reported', async () => {
  const devices = start()
  await devices.connected()
  const forged = newDevice('Firefox', createAccountKey().accountPrivate)
  listed.push(forged, { ...newDevice('x'), deviceId: newDeviceId() }, { ...newDevice('y'), credentialSig: '!' })
  expect((await devices.list()).map(({ deviceId }) => deviceId)).toEqual([mine.deviceId])
  expect([told, troubles]).toEqual([[], ['unsigned_device', 'unsigned_device', 'unsigned_device']])
  await devices.list()
  expect(troubles).toHaveLength(3)
})

test('a server can neither rename devices nor exchange their names and numbers', async () => {
  const [one, two] = [newDevice('x'), newDevice('y')]
  listed.push(one, two)
  const devices = start()
  await devices.list()
  await devices.rename(one.deviceId, 'Laptop')
  await devices.rename(two.deviceId, 'Phone')
  const names = async () => (await devices.list()).map(({ number, deviceId, name }) => [number, deviceId, name])
  const honest = await names()
  expect(honest.map(([number, , name]) => [number, name])).toEqual([
    [1, 'CLI on here'],
    [2, 'Laptop'],
    [3, 'Phone'],
  ])
  listed = listed.toReversed().map((device) => ({ ...device, name: 'Lost phone', kind: 'phone' }))
  expect(await names()).toEqual(honest)
  const labels = listed.map(({ label }) => label)
  listed = listed.map((device, at) => ({ ...device, label: labels[(at + 1) % labels.length]! }))
  expect((await devices.list()).map(({ saidBy }) => saidBy)).not.toContain('account')
})

test('a device takes the name that another one gives it, and keeps it', async () => {
  await start().list()
  const elsewhere = start({ ...identity, deviceId: newDeviceId() })
  await elsewhere.rename(mine.deviceId, ' The  old laptop ')
  const devices = start()
  await devices.list()
  expect(devices.thisName).toBe('The old laptop')
  expect((await getRecord<Identity>(store, 'meta', 'identity'))?.deviceName).toBe('The old laptop')
})

test('a device from before sealed names seals its name at the first look', async () => {
  expect((await start().list())[0]).toMatchObject({ saidBy: 'server' })
  expect((await start().list())[0]).toMatchObject({ saidBy: 'account', name: 'CLI on here', kind: 'terminal' })
  expect(fromBase64Url(listed[0]?.label ?? '')).toHaveLength(540)
})

test('a name in a wrong form, or of no device, is refused', async () => {
  const devices = start()
  await expect(devices.rename(mine.deviceId, 'x\u202ey')).rejects.toMatchObject({ code: 'invalid_name' })
  await expect(devices.rename(newDeviceId(), 'x')).rejects.toMatchObject({ code: 'unknown_device' })
})
