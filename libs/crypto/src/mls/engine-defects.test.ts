/** Defects of ts-mls 1.6.4 that our patch repairs. Each test fails on the published library. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { validateRatchetTree } from 'ts-mls/clientState.js'
import { treeHashRoot } from 'ts-mls/treeHash.js'
import { expect, test } from 'vitest'
import { decodeGroupInfoMessage, devicesOf, groupOfDevices, stateOf } from '../../testing/forge.ts'
import { createDevice, createPackage, createPerson, groupRoster, noChecks, trustAll } from '../../testing/people.ts'
import { readCommit } from '../verify/handshake.ts'
import { cipherSuite, engineConfig } from './engine.ts'
import { Group } from './group.ts'

/** A process that joins a group takes about a second. */
const resyncTimeoutMs = 20_000
const flags = ['--disable-warning=ExperimentalWarning']

const alice = createPerson()
const bob = createPerson()

const aliceGroup = (devices: number) => groupOfDevices(devicesOf(alice, devices))

/** A path of leaf 0 fills the parents. Then adds without a path take the removed leaves again. */
async function withUnmergedLeaves(leaves: number[]) {
  const [group] = (await aliceGroup(8)).groups
  if (group === undefined) throw new Error('no group')
  const removed = (await group.commit({ remove: leaves, trust: trustAll })).pending
  const newcomers = leaves.map(() => createDevice(alice))
  const packages = await Promise.all(newcomers.map(createPackage))
  const made = await removed.commit({ add: packages.map((created) => created.publicBytes), trust: trustAll })
  return { ...made, newcomers, packages }
}

test('a joiner accepts a tree whose parents have different unmerged leaves (RFC 9420 §7.9.2)', async () => {
  // Leaf 3 is unmerged at the root and below it, leaf 5 at the root only.
  const { welcome = new Uint8Array(), newcomers, packages } = await withUnmergedLeaves([3, 5])
  for (const [n, identity] of newcomers.entries()) {
    const keyPackages = (ref: string) => (ref === packages[n]?.ref ? packages[n]?.privateBytes : undefined)
    const joined = await Group.joinByWelcome({ welcome, identity, keyPackages, trust: trustAll })
    expect(joined.ownLeafIndex).toBe([3, 5][n])
  }
})

test.each([
  { case: 'each parent above the leaf lists it', at3: [3], atRoot: [3], error: undefined },
  { case: 'a parent between leaf and root does not list it', at3: [], atRoot: [3], error: /must list leaf node/ },
  { case: 'a leaf is listed that is not below the parent', at3: [6], atRoot: [3], error: /did not represent/ },
  {
    case: 'a blank leaf, far outside of the tree, is listed',
    at3: [3],
    atRoot: [3, 4_000_000],
    error: /did not represent/,
  },
])('unmerged leaves: $case', async ({ at3, atRoot, error }) => {
  const state = stateOf((await withUnmergedLeaves([3])).pending)
  const tree = state.ratchetTree.map((node, index) =>
    node?.nodeType === 'parent' && (index === 3 || index === 7)
      ? { ...node, parent: { ...node.parent, unmergedLeaves: index === 3 ? at3 : atRoot } }
      : node,
  )
  const suite = await cipherSuite
  const { lifetimeConfig, authService } = engineConfig
  const hash = await treeHashRoot(tree, suite.hash)
  const refusal = await validateRatchetTree(tree, state.groupContext, lifetimeConfig, authService, hash, suite)
  if (error === undefined) expect(refusal).toBeUndefined()
  else expect(refusal?.message).toMatch(error)
})

test('a commit that only changes the roster has a path (§12.4)', async () => {
  const [group, other] = (await aliceGroup(2)).groups
  const roster = groupRoster([alice.userId], [bob.userId])
  const made = await group?.commit({ roster, trust: trustAll })
  if (made === undefined) throw new Error('no group')
  expect(readCommit(made.commit).handshake.updateLeaf?.userId).toBe(alice.userId)
  const processed = await other?.process(made.commit, noChecks)
  expect(processed?.group.epochAuthenticator).toEqual(made.pending.epochAuthenticator)
})

test('members decrypt the path of a commit that changes the roster and removes a leaf (§12.4.1)', async () => {
  const [group, first, , third] = (await aliceGroup(4)).groups
  const made = await group?.commit({ remove: [2], roster: groupRoster([alice.userId], [bob.userId]), trust: trustAll })
  if (made === undefined) throw new Error('no group')
  for (const other of [first, third]) {
    const processed = await other?.process(made.commit, noChecks)
    expect(processed?.group.epochAuthenticator).toEqual(made.pending.epochAuthenticator)
  }
})

test('a resync without a former leaf is rejected (as published, it never returns)', async () => {
  const resync = promisify(execFile)(
    process.execPath,
    [...flags, fileURLToPath(new URL('../../testing/resync.ts', import.meta.url))],
    {
      timeout: resyncTimeoutMs,
      killSignal: 'SIGKILL',
    },
  )
  expect((await resync).stdout).toContain('Cannot resync')
})

test('external_pub is written and read as an HPKEPublicKey after its length (§12.4.3.2)', async () => {
  const { groups, groupInfo } = await aliceGroup(2)
  const info = decodeGroupInfoMessage(groupInfo)
  const extension = info.extensions.find((found) => found.extensionType === 'external_pub')
  expect(extension?.extensionData.length).toBe(33)
  expect(extension?.extensionData[0]).toBe(32)
  const joined = await Group.joinExternally({ groupInfo, identity: createDevice(alice), trust: trustAll })
  const processed = await groups[0]?.process(joined.commit, noChecks)
  expect(processed?.group.epochAuthenticator).toEqual(joined.pending.epochAuthenticator)
})
