/** A device does not join a group that breaks a rule, neither by Welcome nor externally. */
import type { Roster } from '@fastchat/schema'
import { createGroup, createGroupInfoWithExternalPubAndRatchetTree, encodeMlsMessage } from 'ts-mls'
import type { Extension } from 'ts-mls/extension.js'
import { encodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js'
import { describe, expect, test } from 'vitest'
import {
  conversation,
  createDevice,
  createPackage,
  createPerson,
  groupNo,
  groupRoster,
  trustAll,
} from '../../testing/people.ts'
import { groupExtensionsOf } from '../verify/group-context.ts'
import { groupIdOf } from '../verify/group-id.ts'
import { cipherSuite, engineConfig } from './engine.ts'
import { Group } from './group.ts'
import { createOwnLeaf } from './key-package.ts'

const [alice, bob, carol] = [createPerson(), createPerson(), createPerson()]
const trust = trustAll
const identity = createDevice(bob)
const own = await createPackage(identity)
const carols = await createPackage(createDevice(carol))

const direct = (...people: { userId: Roster['members'][number]['userId'] }[]): Roster => ({
  kind: 'direct',
  members: people.map(({ userId }) => ({ userId, role: 'member' })),
})

/** Alice makes a group with this roster, and adds Bob's device and, if asked, Carol's. */
async function groupWith(roster: Roster, hasCarol = false) {
  const group = await Group.create({ conversation, groupNo, identity: createDevice(alice), kind: roster.kind })
  const add = [own.publicBytes, ...(hasCarol ? [carols.publicBytes] : [])]
  const { welcome = new Uint8Array(), groupInfo } = await group.commit({ add, roster, trust })
  return { welcome, groupInfo }
}

/** Makes the GroupInfo of a group by Alice with any GroupContext extensions and group id. */
async function groupInfoWith(extensions: Extension[], id = groupIdOf(conversation, groupNo)) {
  const { publicPackage, privatePackage } = await createOwnLeaf(createDevice(alice))
  const suite = await cipherSuite
  const state = await createGroup(id, publicPackage, privatePackage, extensions, suite, engineConfig)
  const groupInfo = await createGroupInfoWithExternalPubAndRatchetTree(state, [], suite)
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_group_info', groupInfo })
}

const joinByWelcome = (welcome: Uint8Array) =>
  Group.joinByWelcome({ welcome, identity, keyPackages: () => own.privateBytes, trust })
const joinExternally = (groupInfo: Uint8Array) => Group.joinExternally({ groupInfo, identity, trust })

const unlawful: [string, Roster, boolean][] = [
  ['a direct chat of three', direct(alice, bob, carol), true],
  ['a direct chat with a third device', direct(alice, bob), true],
  ['a group with a device whose user is not listed', groupRoster([alice.userId], [bob.userId]), true],
  ['a group whose roster lacks the joiner', groupRoster([alice.userId]), false],
  ['a group without an admin', groupRoster([], [alice.userId, bob.userId]), false],
]

describe.each(unlawful)('%s', (_, roster, hasCarol) => {
  test('is not joined, by Welcome or externally', async () => {
    const { welcome, groupInfo } = await groupWith(roster, hasCarol)
    await expect(joinByWelcome(welcome)).rejects.toMatchObject({ code: 'unlawful' })
    await expect(joinExternally(groupInfo)).rejects.toMatchObject({ code: 'unlawful' })
  })
})

test('(control: a lawful group is joined)', async () => {
  for (const roster of [direct(alice, bob), groupRoster([alice.userId], [bob.userId])]) {
    const { welcome, groupInfo } = await groupWith(roster)
    expect((await joinByWelcome(welcome)).roster).toEqual(roster)
    expect((await joinExternally(groupInfo)).pending).toMatchObject({ roster, ownLeafIndex: 1 })
  }
})

const [required, roster] = groupExtensionsOf(groupRoster([alice.userId, bob.userId]))
if (required === undefined || roster === undefined) throw new Error('no extensions')
const otherRequired = encodeRequiredCapabilities({ extensionTypes: [], proposalTypes: [], credentialTypes: ['basic'] })

test.each([
  ['no extensions', () => groupInfoWith([])],
  ['no roster', () => groupInfoWith([required])],
  ['no required capabilities', () => groupInfoWith([roster])],
  ['other required capabilities', () => groupInfoWith([{ ...required, extensionData: otherRequired }, roster])],
  ['its extensions in another order', () => groupInfoWith([roster, required])],
  ['an invalid roster', () => groupInfoWith([required, { ...roster, extensionData: new Uint8Array(2) }])],
  ['one more extension', () => groupInfoWith([required, roster, { ...roster, extensionType: 0x000a }])],
  ['a group id that names no conversation', () => groupInfoWith([required, roster], new Uint8Array(20))],
])('a group with %s is not joined', async (_, groupInfo) => {
  await expect(joinExternally(await groupInfo())).rejects.toMatchObject({ code: 'unlawful' })
  await joinExternally(await groupInfoWith([required, roster]))
})
