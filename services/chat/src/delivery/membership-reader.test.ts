import type { DeviceId, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import type { DeviceKey, Memberships, Session, UserKey } from '../domain/ports.ts'
import { type MembershipOwner, MembershipReader } from './membership-reader.ts'

// Opaque here.
const session = {
  userId: 'u' as UserId,
  user: 1 as UserKey,
  deviceId: 'd' as DeviceId,
  device: 2 as DeviceKey,
} satisfies Session
const none: Memberships = { positions: [], invitations: [] }

/** A log whose readings are answered by hand, and an owner that says what happened. */
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

test('what changes while it is read is read again afterwards, and never twice at once', async () => {
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

test('once what is new is listened to it is read once more', async () => {
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

test('a reading that fails is told of, and the next refresh reads anew', async () => {
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

test('nothing is taken for a device that is gone', async () => {
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
