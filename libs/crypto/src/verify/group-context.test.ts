import { decodeRequiredCapabilities } from 'ts-mls/requiredCapabilities.js'
import { expect, test } from 'vitest'
import { groupOfDevices, stateOf } from '../../testing/forge.ts'
import { conversation, createDevice, createPerson, groupNo, groupRoster } from '../../testing/people.ts'
import { toHex } from '../../testing/test-vectors.ts'
import { Group } from '../mls/group.ts'
import { groupExtensionsOf, rosterOfExtensions } from './group-context.ts'
import { leafCapabilities } from './leaf.ts'
import { encodeRoster } from './roster.ts'

const alice = createPerson()
const roster = groupRoster([alice.userId])
const [required, rosterExtension] = groupExtensionsOf(roster)
if (required === undefined || rosterExtension === undefined) throw new Error('no extensions')

test('a group requires the roster extension and basic credentials, in bytes that never change', () => {
  expect(required.extensionType).toBe('required_capabilities')
  expect(toHex(required.extensionData)).toBe('02f0c100020001')
  expect(rosterExtension).toEqual({ extensionType: 0xf0c1, extensionData: encodeRoster(roster) })
})

test('our leaves have the capabilities that a group requires', () => {
  const [demanded] = decodeRequiredCapabilities(required.extensionData, 0) ?? []
  expect(leafCapabilities.extensions).toEqual(expect.arrayContaining(demanded?.extensionTypes ?? []))
  expect(leafCapabilities.credentials).toEqual(expect.arrayContaining(demanded?.credentialTypes ?? []))
})

test('a group has both extensions from its creation on, and after its first commit', async () => {
  const identity = createDevice(alice)
  const created = await Group.create({ conversation, groupNo, identity, kind: 'group' })
  expect(stateOf(created).groupContext.extensions).toEqual([required, rosterExtension])
  const { groups } = await groupOfDevices([identity])
  expect(groups.map((group) => stateOf(group).groupContext.extensions)).toEqual([[required, rosterExtension]])
})

test.each([
  ['both', [required, rosterExtension], true],
  ['none', [], false],
  ['the roster alone', [rosterExtension], false],
  ['the required capabilities alone', [required], false],
  ['the other order', [rosterExtension, required], false],
  ['one more', [required, rosterExtension, rosterExtension], false],
  ['a byte less', [{ ...required, extensionData: required.extensionData.slice(0, -1) }, rosterExtension], false],
  [
    'a byte more',
    [{ ...required, extensionData: Uint8Array.of(...required.extensionData, 0) }, rosterExtension],
    false,
  ],
  ['other demands', [{ ...required, extensionData: new Uint8Array(7) }, rosterExtension], false],
  ['another type', [{ ...required, extensionType: 0x0a0a }, rosterExtension], false],
])('extensions of a GroupContext: %s', (_, extensions, isRead) => {
  if (isRead) expect(rosterOfExtensions(extensions)).toEqual(roster)
  else expect(() => rosterOfExtensions(extensions)).toThrow(expect.objectContaining({ code: 'unsupported' }))
})
