import type { DeviceId } from '@fastchat/schema'
import { beforeEach, expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { newDeviceId, newUserId } from '../new-id.ts'
import type { MembershipChange } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { IdleDevices } from './idle-devices.ts'
import { LifeSigns, quietMs } from './life-signs.ts'
import type { OwnDevice } from './own-device.ts'

const dayMs = 24 * 3_600_000
const userId = newUserId()
const [me, laptop] = [newDeviceId(), newDeviceId()]

let now: number
let store: Store
/** The records that the account's devices share. */
let shared: Map<string, unknown>
let wanted: MembershipChange[]
let told: string[]
beforeEach(() => {
  ;[now, store, shared, wanted, told] = [1_800_000_000_000, memoryStore(), new Map(), [], []]
})

const signs = (deviceId: DeviceId = me) =>
  new LifeSigns({
    ...{ store: deviceId === me ? store : memoryStore(), deviceId },
    clock: { wallMs: () => now as never },
    rows: {
      all: new Map(),
      value: (key) => shared.get(key),
      set: async (key, _field, value) => void shared.set(key, value),
    },
  })

/** Looks at the list, in a new process. The server says that the laptop was idle. */
async function looks(session: 'open' | 'idle' | 'ended' = 'idle'): Promise<void> {
  const device = (deviceId: DeviceId, number: number): OwnDevice => ({
    ...{ deviceId, number, name: `device ${number}`, saidBy: 'account', createdAt: '2020-01-01T00:00:00.000Z' },
    ...{ session: deviceId === me ? 'open' : session, isThis: deviceId === me, isNew: false },
  })
  const members = () => [me, laptop].map((deviceId) => ({ userId, deviceId }))
  const want = async (change: MembershipChange) => void wanted.push(change)
  const idle = new IdleDevices({
    ...{ userId, signs: signs(), tell: ({ name }) => void told.push(name) },
    conversations: () => [{ group: { isMember: true, members }, intents: { want } } as never],
    onTrouble: (error) => told.push(error.message),
  })
  await idle.listed([device(me, 1), device(laptop, 2)])
}

test('a device without a sign of life for 45 days leaves the groups, and is told once', async () => {
  await looks()
  now += quietMs - 1
  await looks()
  expect(wanted).toEqual([])
  now += 1
  for (const _ of [1, 2]) await looks()
  expect(wanted[0]).toEqual({ kind: 'leaves', deviceIds: [laptop] })
  expect(told).toEqual(['device 2'])
})

test('the word of the server alone ends nothing', async () => {
  await looks()
  for (let day = 0; day < 100; day++) {
    now += dayMs
    // The laptop writes in a chat every month.
    if (day % 30 === 29) await signs().seen([laptop])
    await looks()
  }
  expect([wanted, told]).toEqual([[], []])
})

test('a device whose person only reads leaves signs for the others', async () => {
  await looks()
  for (let day = 0; day < 100; day++) {
    now += dayMs
    await signs(laptop).beat()
    await looks()
  }
  expect([wanted, told]).toEqual([[], []])
  expect(shared.size).toBe(1)
})

test('a device that the server shows as signed in stays, however quiet it is', async () => {
  await looks('open')
  now += 2 * quietMs
  for (const session of ['open', 'ended'] as const) await looks(session)
  expect([wanted, told]).toEqual([[], []])
})

test('a device that came back and was quiet again is told again', async () => {
  await looks()
  now += quietMs
  await looks()
  await signs().seen([laptop])
  await looks()
  now += quietMs
  await looks()
  expect(told).toEqual(['device 2', 'device 2'])
})
