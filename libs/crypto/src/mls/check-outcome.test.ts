import type { ClientState } from 'ts-mls/clientState.js'
import type { LeafNode } from 'ts-mls/leafNode.js'
import { expect, test } from 'vitest'
import { readHandshake } from '../verify/handshake.ts'
import { encodeRoster, rosterExtensionType } from '../verify/roster.ts'
import { refuseOtherOutcome } from './check-outcome.ts'
import { credentialOf } from './device.ts'
import { membersOf } from './members.ts'
import { devicesOf, groupOfDevices, stateOf } from './test-forge.ts'
import { createDevice, createPackage, createPerson, groupRoster, noChecks, trustAll } from './test-people.ts'

const alice = createPerson()
const { groups } = await groupOfDevices(devicesOf(alice, 3))
const [adder, reader] = groups
if (adder === undefined || reader === undefined) throw new Error('no group')
const before = membersOf(stateOf(reader).ratchetTree)
const added = await createPackage(createDevice(alice))
const { commit } = await adder.commit({ add: [added.publicBytes], remove: [2], trust: trustAll })
const handshake = await readHandshake(commit)
const { group, event } = await reader.process(commit, noChecks)
if (event.type !== 'commit') throw new Error('no commit')
const { change } = event
const after = stateOf(group)

/** The group after the commit, had the engine put something else on a leaf. */
function withLeaf(
  leafIndex: number,
  changed: Partial<Pick<LeafNode, 'credential' | 'signaturePublicKey'>>,
): ClientState {
  const ratchetTree = after.ratchetTree.map((node, index) =>
    index === 2 * leafIndex && node?.nodeType === 'leaf' ? { ...node, leaf: { ...node.leaf, ...changed } } : node,
  )
  return { ...after, ratchetTree }
}

const extensionData = encodeRoster(groupRoster([alice.userId, createPerson().userId]))
const otherContext = { ...after.groupContext, extensions: [{ extensionType: rosterExtensionType, extensionData }] }

test('the group as judged passes', () => {
  refuseOtherOutcome(after, before, handshake, change)
})

test.each([
  ['a leaf with another device', withLeaf(1, { credential: credentialOf(createDevice(alice)) })],
  ['a leaf with another key', withLeaf(1, { signaturePublicKey: createDevice(alice).signaturePublic })],
  ['an added leaf with another device', withLeaf(2, { credential: credentialOf(createDevice(alice)) })],
  ['a leaf missing', { ...after, ratchetTree: after.ratchetTree.slice(0, 3) }],
  ['a leaf too many', { ...after, ratchetTree: stateOf(adder).ratchetTree.concat(after.ratchetTree) }],
  ['another roster', { ...after, groupContext: otherContext }],
])('%s does not', (_, state) => {
  expect(() => refuseOtherOutcome(state, before, handshake, change)).toThrow('other_outcome')
})
