/** Builders for tests: people, their devices and key packages, and their conversation. */
import type { ConversationId, DeviceId, GroupNo, Roster, UserId } from '@fastchat/schema'
import { createAccountKey, createDeviceKeys, type DeviceIdentity, signCredential } from '../src/mls/device.ts'
import { type CreatedKeyPackage, createKeyPackage } from '../src/mls/key-package.ts'

// The casts hold: these ids fit the pattern of the schema.
const idOf = (prefix: string, n: number) => `${prefix}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
export const userId = (n: number) => idOf('11111111', n) as UserId
export const deviceId = (n: number) => idOf('22222222', n) as DeviceId
export const conversation = idOf('33333333', 1) as ConversationId
export const groupNo = 1 as GroupNo

export interface Person {
  userId: UserId
  accountPrivate: Uint8Array
  accountKey: Uint8Array
}

let users = 0
let devices = 0

export const createPerson = (): Person => ({ userId: userId(++users), ...createAccountKey() })

export function createDevice(person: Person): DeviceIdentity {
  const keys = createDeviceKeys()
  const device = { userId: person.userId, deviceId: deviceId(++devices) }
  const credentialSig = signCredential(person.accountPrivate, { ...device, signatureKey: keys.signaturePublic })
  return { ...device, ...keys, accountKey: person.accountKey, credentialSig }
}

export const createPackage = (identity: DeviceIdentity): Promise<CreatedKeyPackage> =>
  createKeyPackage(identity, { lastResort: false, now: Date.now() })

export const groupRoster = (admins: readonly UserId[], members: readonly UserId[] = []): Roster => ({
  kind: 'group',
  members: [
    ...admins.map((userId) => ({ userId, role: 'admin' as const })),
    ...members.map((userId) => ({ userId, role: 'member' as const })),
  ].toSorted((a, b) => (a.userId < b.userId ? -1 : 1)),
})

export const trustAll = () => true
export const noChecks = { trust: trustAll, departed: [], revoked: [] }
