import type { DeviceId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { DeviceKey, Memberships, Session, UserKey } from '../domain/ports.ts'
import { type MembershipOwner, MembershipReader } from './membership-reader.ts'

const session = {
  userId: 'u' as UserId,
  user: 1 as UserKey,
  deviceId: 'd' as DeviceId,
  device: 2 as DeviceKey,
} satisfies Session
const none: Memberships = { positions: [], invitations: [] }

/**
 * Creates a reader over a log that the test answers by hand. `happened` records the owner's calls.
 */
function setUp(opened: (taken: number) => readonly (Promise<void> | undefined)[] = () => []) {
  const readings: PromiseWithResolvers<Memberships>[] = []
  const happened: string[] = []
  let taken = 0
  const owner: MembershipOwner = {
    takeMemberships: () => {
      happened.push('taken')
      return opened(++taken)
    },
    onMembershipsRead: () => void happened.push('read'),
    onMembershipsError: (error) => void happened.push(`failed: ${(error as Error).message}`),
  }
  const log = {
    memberships: () => {
      const reading = Promise.withResolvers<Memberships>()
      readings.push(reading)
      return reading.promise
    },
  }
  return { reader: new MembershipReader(log, session, owner), readings, happened }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a change during a read causes one more read, never two at once', async () => {
  const { reader, readings, happened } = setUp()
  reader.refresh()
  reader.refresh()
  reader.refresh()
  expect(readings).toHaveLength(1)
  readings[0]?.resolve(none)
  await settled()
  expect(readings).toHaveLength(2)
  expect(reader.isRead).toBe(false)
  readings[1]?.resolve(none)
  await settled()
  expect(happened).toEqual(['taken', 'taken', 'read'])
  expect(reader.isRead).toBe(true)
})

test('memberships are read once more when a new subscription is live', async () => {
  const listening = Promise.withResolvers<void>()
  const { reader, readings, happened } = setUp((taken) => (taken === 1 ? [listening.promise, undefined] : []))
  reader.refresh()
  readings[0]?.resolve(none)
  await settled()
  expect(readings).toHaveLength(1)
  listening.resolve()
  await settled()
  expect(readings).toHaveLength(2)
  readings[1]?.resolve(none)
  await settled()
  expect(happened).toEqual(['taken', 'taken', 'read'])
})

test('a failed read is reported, and the next refresh reads again', async () => {
  const { reader, readings, happened } = setUp()
  reader.refresh()
  readings[0]?.reject(new Error('away'))
  await settled()
  expect(happened).toEqual(['failed: away'])
  reader.refresh()
  readings[1]?.resolve(none)
  await settled()
  expect(happened).toEqual(['failed: away', 'taken', 'read'])
})

test('nothing is taken for a closed device', async () => {
  const listening = Promise.withResolvers<void>()
  const [early, late] = [setUp(), setUp(() => [listening.promise])]
  early.reader.refresh()
  early.reader.close()
  early.readings[0]?.resolve(none)
  late.reader.refresh()
  late.readings[0]?.resolve(none)
  await settled()
  late.reader.close()
  listening.resolve()
  await settled()
  expect([early.happened, late.happened]).toEqual([[], ['taken']])
  expect(late.readings).toHaveLength(1)
})
