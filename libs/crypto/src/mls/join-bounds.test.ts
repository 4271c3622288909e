/** A Welcome or GroupInfo from anyone is limited before the engine reads any of it. */
import { fromBase64Url } from '@fastchat/schema'
import { encodeMlsMessage } from 'ts-mls'
import type { Extension } from 'ts-mls/extension.js'
import { extractWelcomeSecret, signGroupInfo } from 'ts-mls/groupInfo.js'
import { encryptGroupInfo, encryptGroupSecrets } from 'ts-mls/welcome.js'
import { expect, test } from 'vitest'
import { decodeGroupInfoMessage, devicesOf, forgeGroupInfo, groupOfDevices, stateOf } from '../../testing/forge.ts'
import { createDevice, createPackage, createPerson, trustAll as trust } from '../../testing/people.ts'
import { concat, withLength } from '../verify/bytes.ts'
import { maxLeaves } from '../verify/max-leaves.ts'
import { maxTreeNodes } from '../verify/public-group.ts'
import { PublicTree } from '../verify/tree/public-tree.ts'
import { encodeTreeNodes, type TreeNode, treeLeaf } from '../verify/tree/tree-nodes.ts'
import { cipherSuite } from './engine.ts'
import { Group } from './group.ts'
import { decodePrivateBytes } from './key-package.ts'

const [alice, bob] = [createPerson(), createPerson()]
const identity = createDevice(bob)
const own = await createPackage(identity)
const { publicPackage } = decodePrivateBytes(own.privateBytes, identity)
const { groups, groupInfo } = await groupOfDevices(devicesOf(alice, 2))
const group = groups[0]
if (group === undefined) throw new Error('no group')
const { tree } = group.publicGroup

const extension = (extensionType: Extension['extensionType'], extensionData: Uint8Array): Extension => ({
  extensionType,
  extensionData,
})
const treeOf = (nodes: readonly (TreeNode | undefined)[]) => extension('ratchet_tree', encodeTreeNodes(nodes))
const externalPub = decodeGroupInfoMessage(groupInfo).extensions.filter((one) => one.extensionType === 'external_pub')

/** Makes a Welcome for Bob's key package, with a GroupInfo by Alice that has these extensions. */
async function welcomeWith(extensions: Extension[], treeHash = tree.hash): Promise<Uint8Array> {
  const suite = await cipherSuite
  const info = decodeGroupInfoMessage(groupInfo)
  const tbs = { ...info, extensions, groupContext: { ...info.groupContext, treeHash } }
  const signed = await signGroupInfo(tbs, stateOf(group!).signaturePrivateKey, suite.signature)
  const joinerSecret = suite.rng.randomBytes(suite.kdf.size)
  const secret = await extractWelcomeSecret(joinerSecret, new Uint8Array(suite.kdf.size), suite.kdf)
  const encryptedGroupInfo = await encryptGroupInfo(signed, secret, suite)
  const initKey = await suite.hpke.importPublicKey(publicPackage.initKey)
  const secrets = { joinerSecret, pathSecret: undefined, psks: [] }
  const { enc, ct } = await encryptGroupSecrets(initKey, encryptedGroupInfo, secrets, suite.hpke)
  const newMember = fromBase64Url(own.ref)
  const encryptedGroupSecrets = { kemOutput: enc, ciphertext: ct }
  const welcome = {
    cipherSuite: publicPackage.cipherSuite,
    secrets: [{ newMember: new Uint8Array(newMember), encryptedGroupSecrets }],
    encryptedGroupInfo,
  }
  return encodeMlsMessage({ version: 'mls10', wireformat: 'mls_welcome', welcome })
}

const joinByWelcome = (welcome: Uint8Array) =>
  Group.joinByWelcome({ welcome, identity, keyPackages: () => own.privateBytes, trust })
const joinExternally = (info: Uint8Array) => Group.joinExternally({ groupInfo: info, identity, trust })

/** Returns the nodes of a tree of this width with a leaf at both ends and blanks between. */
const padded = (width: number) => {
  const nodes = new Array<TreeNode | undefined>(width).fill(undefined)
  nodes[0] = tree.nodes[0]
  nodes[width - 1] = treeLeaf(publicPackage.leafNode)
  return nodes
}

const overlong = padded(2 * 8_192 - 1)
const tooManyNodes = { code: 'unlawful', cause: { code: 'malformed', message: /too many nodes/ } }

test('a tree of 8 192 leaves, nearly all blank, is rejected while it is decoded', async () => {
  const welcome = await welcomeWith([treeOf(overlong)])
  expect(welcome.length).toBeLessThan(18 * 1024)
  await expect(joinByWelcome(welcome)).rejects.toMatchObject(tooManyNodes)
  const info = await forgeGroupInfo(group!, groupInfo, { extensions: [treeOf(overlong), ...externalPub] })
  await expect(joinExternally(info)).rejects.toMatchObject(tooManyNodes)
})

test('a tree of the largest width that lawful commits can make is accepted', async () => {
  expect(maxTreeNodes).toBeGreaterThanOrEqual(2 * 2 ** Math.ceil(Math.log2(maxLeaves)) - 1)
  const welcome = await welcomeWith([treeOf(padded(maxTreeNodes))])
  await expect(joinByWelcome(welcome)).rejects.toMatchObject({ cause: { message: 'tree of another hash' } })
})

/** A tree with one leaf and a blank node after it. */
const blankEdge = extension(
  'ratchet_tree',
  withLength(concat(encodeTreeNodes(tree.nodes.slice(0, 1)).slice(2), Uint8Array.of(0))),
)

const lies: [string, () => Extension[], object][] = [
  ['with a blank right edge', () => [blankEdge], { message: /ends with a blank/ }],
  [
    'with an extension besides',
    () => [treeOf(tree.nodes), extension(0x000a, new Uint8Array())],
    { code: 'unsupported' },
  ],
  ['with two trees', () => [treeOf(tree.nodes), treeOf(tree.nodes)], { code: 'unsupported' }],
  ['without its tree', () => [], { code: 'unsupported' }],
]

test.each(lies)('a GroupInfo %s is rejected, in a Welcome and for an external join', async (_, extensions, cause) => {
  await expect(joinByWelcome(await welcomeWith(extensions()))).rejects.toMatchObject({ cause })
  const info = await forgeGroupInfo(group!, groupInfo, { extensions: [...extensions(), ...externalPub] })
  await expect(joinExternally(info)).rejects.toMatchObject({ cause })
})

test('(control: a Welcome with a valid GroupInfo is rejected for its secrets only)', async () => {
  await expect(joinByWelcome(await welcomeWith([treeOf(tree.nodes)]))).rejects.toMatchObject({ code: 'invalid' })
})

test('a leaf without its device’s signature is rejected before the engine reads the tree', async () => {
  const [first] = tree.leaves()
  if (first === undefined) throw new Error('no leaf')
  const unsigned = treeLeaf({ ...first.leaf, signature: new Uint8Array(64) })
  const nodes = tree.nodes.map((node, at) => (at === 0 ? unsigned : node))
  const welcome = await welcomeWith([treeOf(nodes)], PublicTree.of(nodes).hash)
  await expect(joinByWelcome(welcome)).rejects.toMatchObject({
    code: 'invalid',
    cause: { message: 'leaf not signed by its device' },
  })
})
