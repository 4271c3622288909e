/** Signed commits that make no lawful group, although `commitPowers` allows all of them. */
import type { Commit } from 'ts-mls/commit.js'
import type { UpdatePathNode } from 'ts-mls/updatePath.js'
import { expect, test } from 'vitest'
import { forgeCommit, forgeGroupInfo, forgeLeaf, groupOfDevices, stateOf } from '../../testing/forge.ts'
import { createDevice, createPackage, createPerson, trustAll } from '../../testing/people.ts'
import { applyCommit } from './apply-commit.ts'
import type { CommitRefusal } from './commit-rules.ts'
import { readGroupInfo } from './group-info.ts'
import { readCommit } from './handshake.ts'
import { judgeCommit } from './judge-commit.ts'
import { refusalOfGroupInfo } from './match-group-info.ts'
import { publicGroupOf, verifyNewGroup, verifyPublicGroup } from './public-group.ts'

const people = [createPerson(), createPerson(), createPerson(), createPerson(), createPerson()]
const { groups, groupInfo } = await groupOfDevices(people.map(createDevice))
const [admin = await Promise.reject(new Error('no group')), member = admin] = groups
const before = publicGroupOf(readGroupInfo(groupInfo))
const lawful = await member.commit({ trust: trustAll })

const apply = (commit: Uint8Array) => {
  const decoded = readCommit(commit)
  const { handshake } = decoded
  return applyCommit(before, decoded, (state, committer) =>
    judgeCommit({ handshake, committer, state, departed: [], revoked: [] }),
  )
}

function pathOf(commit: Commit) {
  const { path } = commit
  if (path?.leafNode.leafNodeSource !== 'commit') throw new Error('no path')
  return { leafNode: path.leafNode, nodes: path.nodes }
}

const withNodes = (change: (nodes: readonly UpdatePathNode[]) => UpdatePathNode[]) =>
  forgeCommit(member, lawful.commit, (commit) => ({
    ...commit,
    path: { ...pathOf(commit), nodes: change(pathOf(commit).nodes) },
  }))

async function withLeaf(change: Parameters<typeof forgeLeaf>[2]): Promise<Uint8Array> {
  let path: ReturnType<typeof pathOf> | undefined
  await forgeCommit(member, lawful.commit, (commit) => {
    path = pathOf(commit)
    return commit
  })
  if (path === undefined) throw new Error('no path')
  const leafNode = await forgeLeaf(member, path.leafNode, change)
  return forgeCommit(member, lawful.commit, (commit) => ({ ...commit, path: { ...pathOf(commit), leafNode } }))
}

const adminsKey = () => {
  const node = stateOf(admin).ratchetTree[0]
  return node?.nodeType === 'leaf' ? node.leaf.hpkePublicKey : new Uint8Array()
}

test('a lawful commit leads to the same group as in the engine, and to its changes for the server', async () => {
  const applied = await apply(lawful.commit)
  if (!applied.ok) throw new Error(applied.reason)
  expect(applied.group.contextBytes).toEqual(lawful.pending.publicGroup.contextBytes)
  expect(applied.group.interimTranscriptHash).toEqual(lawful.pending.publicGroup.interimTranscriptHash)
  expect(applied.committer).toMatchObject({ leafIndex: 1, userId: people[1]?.userId })
  const by = { commit: readCommit(lawful.commit), committer: applied.committer }
  expect(await refusalOfGroupInfo(applied.group, readGroupInfo(lawful.groupInfo), by)).toBeUndefined()
})

const firstNode = (nodes: readonly UpdatePathNode[], change: Partial<UpdatePathNode>): UpdatePathNode[] =>
  nodes.map((node, at) => (at === 0 ? { ...node, ...change } : node))

const forged: [CommitRefusal, string, () => Promise<Uint8Array>][] = [
  ['bad_path', 'a node of the path is missing', () => withNodes((nodes) => nodes.slice(1))],
  ['bad_path', 'a node too many', () => withNodes((nodes) => [...nodes, ...nodes.slice(0, 1)])],
  [
    'bad_path',
    'a member gets no path secret',
    () => withNodes((nodes) => firstNode(nodes, { encryptedPathSecret: [] })),
  ],
  [
    'bad_path',
    'a ciphertext too short',
    () =>
      withNodes((nodes) =>
        nodes.map((node) => ({
          ...node,
          encryptedPathSecret: node.encryptedPathSecret.map((secret) => ({ ...secret, ciphertext: new Uint8Array(7) })),
        })),
      ),
  ],
  [
    'bad_path',
    'a key that nobody can encrypt to',
    () => withNodes((nodes) => firstNode(nodes, { hpkePublicKey: new Uint8Array(32) })),
  ],
  ['bad_path', 'another key on the path than the leaf vouches for', () => withNodes(withOtherKey)],
  ['bad_path', 'another parent hash in the leaf', () => withLeaf({ parentHash: new Uint8Array(32) })],
  ['bad_path', 'the leaf keeps its encryption key', () => withLeaf({ hpkePublicKey: ownKey() })],
  ['duplicate_key', "the leaf takes somebody else's encryption key", () => withLeaf({ hpkePublicKey: adminsKey() })],
]

function ownKey(): Uint8Array {
  const node = stateOf(member).ratchetTree[2]
  return node?.nodeType === 'leaf' ? node.leaf.hpkePublicKey : new Uint8Array()
}

function withOtherKey(nodes: readonly UpdatePathNode[]): UpdatePathNode[] {
  return firstNode(nodes, { hpkePublicKey: new Uint8Array(32).fill(9) })
}

test.each(forged)('%s: %s', async (reason, _, forge) => {
  expect(await apply(await forge())).toEqual({ ok: false, reason })
})

test('a leaf that its device has not signed is rejected', async () => {
  const unsigned = await forgeCommit(member, lawful.commit, (commit) => {
    const { leafNode, nodes } = pathOf(commit)
    return { ...commit, path: { nodes, leafNode: { ...leafNode, signature: new Uint8Array(64) } } }
  })
  expect(await apply(unsigned)).toEqual({ ok: false, reason: 'bad_signature' })
})

test('a commit with any changed byte of its signature is rejected', async () => {
  const { signedPart } = readCommit(lawful.commit)
  const broken = lawful.commit.slice()
  const at = signedPart.length + 10
  broken[at] = (broken[at] ?? 0) ^ 1
  expect(await apply(broken)).toEqual({ ok: false, reason: 'bad_signature' })
})

test('a commit of another epoch, another group or a blank leaf is rejected', async () => {
  const applied = await apply(lawful.commit)
  if (!applied.ok) throw new Error(applied.reason)
  const never = () => ({ ok: true, change: applied.change }) as const
  const decoded = readCommit(lawful.commit)
  expect(await applyCommit(applied.group, decoded, never)).toEqual({ ok: false, reason: 'stale_epoch' })
  const other = { ...decoded, groupId: new Uint8Array(20) }
  expect(await applyCommit(before, other, never)).toEqual({ ok: false, reason: 'wrong_group' })
  const handshake = { ...decoded.handshake, sender: { type: 'member', leafIndex: 7 } } as const
  expect(await applyCommit(before, { ...decoded, handshake }, never)).toEqual({ ok: false, reason: 'no_such_leaf' })
})

test('a group info that is not that of the commit is rejected', async () => {
  const applied = await apply(lawful.commit)
  if (!applied.ok) throw new Error(applied.reason)
  const by = { commit: readCommit(lawful.commit), committer: applied.committer }
  const refusalOf = (info: Uint8Array) => refusalOfGroupInfo(applied.group, readGroupInfo(info), by)
  const { pending } = lawful
  const other = await member.commit({ trust: trustAll })
  expect(await refusalOf(other.groupInfo)).toBe('other_context')
  expect(await refusalOf(groupInfo)).toBe('other_context')
  expect(
    await refusalOf(await forgeGroupInfo(pending, lawful.groupInfo, { confirmationTag: new Uint8Array(32) })),
  ).toBe('other_tag')
  const otherTree = readTreeOf(other.groupInfo)
  expect(await refusalOf(await withTree(lawful.groupInfo, otherTree))).toBe('other_tree')
  expect(await refusalOf(await forgeGroupInfo(pending, lawful.groupInfo, { signer: 0 }))).toBe('other_signer')
  expect(await refusalOf(await forgeGroupInfo(admin, lawful.groupInfo, {}))).toBe('other_signer')
})

const readTreeOf = (info: Uint8Array) => readGroupInfo(info).ratchetTree

function withTree(info: Uint8Array, extensionData: Uint8Array): Promise<Uint8Array> {
  const { externalPub } = readGroupInfo(info)
  const extensions = [
    { extensionType: 'external_pub', extensionData: Uint8Array.of(externalPub.length, ...externalPub) },
    { extensionType: 'ratchet_tree', extensionData },
  ] as const
  return forgeGroupInfo(lawful.pending, info, { extensions: [...extensions] })
}

test('a group info without its tree, or with another tree than in its context, is rejected', async () => {
  const without = await forgeGroupInfo(lawful.pending, lawful.groupInfo, { extensions: [] })
  expect(() => readGroupInfo(without)).toThrow(expect.objectContaining({ code: 'unsupported' }))
  const other = readGroupInfo(await withTree(lawful.groupInfo, readTreeOf(groupInfo)))
  expect(() => publicGroupOf(other)).toThrow('another hash')
})

test('a group info is verified only if its signer and all leaves have signed', async () => {
  expect((await verifyPublicGroup(readGroupInfo(lawful.groupInfo))).contextBytes).toEqual(
    lawful.pending.publicGroup.contextBytes,
  )
  const byAdmin = await forgeGroupInfo(admin, lawful.groupInfo, {})
  await expect(verifyPublicGroup(readGroupInfo(byAdmin))).rejects.toMatchObject({ code: 'bad_signature' })
  await expect(verifyNewGroup(readGroupInfo(lawful.groupInfo))).rejects.toMatchObject({ code: 'malformed' })
})

test('an added device whose key package another key has signed is rejected', async () => {
  const own = createDevice(people[1] ?? createPerson())
  const added = await member.commit({ add: [(await createPackage(own)).publicBytes], trust: trustAll })
  const spoiled = await forgeCommit(member, added.commit, (commit) => ({
    ...commit,
    proposals: commit.proposals.map((item) =>
      item.proposalOrRefType === 'proposal' && item.proposal.proposalType === 'add'
        ? {
            ...item,
            proposal: {
              ...item.proposal,
              add: { keyPackage: { ...item.proposal.add.keyPackage, signature: new Uint8Array(64) } },
            },
          }
        : item,
    ),
  }))
  expect(await apply(spoiled)).toMatchObject({ ok: false, reason: 'bad_signature' })
  expect(await apply(added.commit)).toMatchObject({ ok: true })
})
