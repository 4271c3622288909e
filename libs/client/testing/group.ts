/** The conversation of the tests: its id, the identities of its devices, and its group. */
import {
  createAccountKey,
  createDeviceKeys,
  createKeyPackage,
  type DeviceIdentity,
  Group,
  signCredential,
} from '@fastchat/crypto'
import type { ConversationId, DeviceId, GroupNo, Roster, UserId } from '@fastchat/schema'
import { v7 as uuidv7 } from 'uuid'

// The casts hold because the ids are made in the schema's form.
export const newId = <T extends string>(): T => uuidv7() as T
export const conversation = newId<ConversationId>()

/** Makes a device of a user, under the given account key or a new one. */
export function createIdentity(
  userId: UserId = newId<UserId>(),
  { accountPrivate, accountKey } = createAccountKey(),
): DeviceIdentity {
  const device = { userId, deviceId: newId<DeviceId>() }
  const keys = createDeviceKeys()
  const credentialSig = signCredential(accountPrivate, { ...device, signatureKey: keys.signaturePublic })
  return { ...device, ...keys, accountKey, credentialSig }
}

export const trust = () => true

/** Makes a group of an admin and others. Returns each one's state of it. */
export async function createGroup(
  identities: readonly [DeviceIdentity, ...DeviceIdentity[]],
  groupNo = 1,
): Promise<Group[]> {
  const [admin, ...others] = identities
  const packages = await Promise.all(
    others.map((identity) => createKeyPackage(identity, { lastResort: false, now: Date.now() })),
  )
  // The cast holds because the test chooses the number.
  const alone = await Group.create({ conversation, groupNo: groupNo as GroupNo, identity: admin, kind: 'group' })
  const made = await alone.commit({
    add: packages.map(({ publicBytes }) => publicBytes),
    roster: rosterOf(identities),
    trust,
  })
  const { welcome = new Uint8Array() } = made
  const joined = others.map((identity, at) => {
    const own = packages[at]
    const keyPackages = (ref: string) => (ref === own?.ref ? own.privateBytes : undefined)
    return Group.joinByWelcome({ welcome, identity, keyPackages, trust })
  })
  return [made.pending, ...(await Promise.all(joined))]
}

const rosterOf = ([admin, ...others]: readonly DeviceIdentity[]): Roster => ({
  kind: 'group',
  members: [
    ...(admin ? [{ userId: admin.userId, role: 'admin' as const }] : []),
    ...others.map(({ userId }) => ({ userId, role: 'member' as const })),
  ].toSorted((a, b) => (a.userId < b.userId ? -1 : 1)),
})
