/** Official vectors for the update paths of the engine. */
import { applyUpdatePathSecret } from 'ts-mls/createCommit.js'
import { getCommitSecret, pathToPathSecrets } from 'ts-mls/pathSecrets.js'
import { mergePrivateKeyPaths, type PrivateKeyPath, toPrivateKeyPath } from 'ts-mls/privateKeyPath.js'
import { decodeRatchetTree, type RatchetTree } from 'ts-mls/ratchetTree.js'
import { treeHashRoot } from 'ts-mls/treeHash.js'
import { toLeafIndex } from 'ts-mls/treemath.js'
import { applyUpdatePath, createUpdatePath, decodeUpdatePath, type UpdatePath } from 'ts-mls/updatePath.js'
import { expect, test } from 'vitest'
import { fromHex, type TreeKemVector, testVectors, toHex } from '../../testing/test-vectors.ts'
import { cipherSuite } from './engine.ts'
import { leavesOf } from './members.ts'

type PrivateLeaf = TreeKemVector['leaves_private'][number]

async function privatePathOf(leaf: PrivateLeaf): Promise<PrivateKeyPath> {
  const secrets = leaf.path_secrets.map(({ node, path_secret }) => [node, fromHex(path_secret)])
  const ofParents = await toPrivateKeyPath(Object.fromEntries(secrets), leaf.index, await cipherSuite)
  const own = { leafIndex: leaf.index, privateKeys: { [2 * leaf.index]: fromHex(leaf.encryption_priv) } }
  return mergePrivateKeyPaths(ofParents, own)
}

async function contextAfter(vector: TreeKemVector, tree: RatchetTree) {
  const { hash, name } = await cipherSuite
  return {
    version: 'mls10' as const,
    cipherSuite: name,
    groupId: fromHex(vector.group_id),
    epoch: BigInt(vector.epoch),
    treeHash: await treeHashRoot(tree, hash),
    confirmedTranscriptHash: fromHex(vector.confirmed_transcript_hash),
    extensions: [],
  }
}

/** Returns a path's secret of the lowest common node with the sender, and its commit secret. */
async function open(vector: TreeKemVector, tree: RatchetTree, reader: PrivateLeaf, sender: number, path: UpdatePath) {
  const suite = await cipherSuite
  const context = await contextAfter(vector, tree)
  const keys = await privatePathOf(reader)
  const found = await applyUpdatePathSecret(tree, keys, toLeafIndex(sender), context, path, [], suite)
  const commitSecret = await getCommitSecret(tree, found.nodeIndex, found.pathSecret, suite.kdf)
  return { pathSecret: toHex(found.pathSecret), commitSecret: toHex(commitSecret) }
}

const vectors = testVectors('treekem').map((vector, n) => {
  const tree = decodeRatchetTree(fromHex(vector.ratchet_tree), 0)?.[0]
  if (tree === undefined) throw new Error('no tree')
  return { n, vector, tree, leaves: leavesOf(tree).length }
})

test.each(vectors)('treekem $n: paths of others decrypt, $leaves leaves', async ({ vector, tree }) => {
  const { hash } = await cipherSuite
  for (const { sender, update_path, path_secrets, commit_secret, tree_hash_after } of vector.update_paths) {
    const path = decodeUpdatePath(fromHex(update_path), 0)?.[0]
    if (path === undefined) throw new Error('no path')
    const after = await applyUpdatePath(tree, toLeafIndex(sender), path, hash)
    expect(toHex(await treeHashRoot(after, hash))).toBe(tree_hash_after)
    for (const reader of vector.leaves_private.filter(({ index }) => index !== sender)) {
      const opened = await open(vector, after, reader, sender, path)
      expect(opened).toEqual({ pathSecret: path_secrets[reader.index], commitSecret: commit_secret })
    }
  }
})

test.each(vectors)('treekem $n: our paths decrypt, $leaves leaves', async ({ vector, tree }) => {
  const suite = await cipherSuite
  for (const { index, signature_priv } of vector.leaves_private) {
    const context = { ...(await contextAfter(vector, tree)), epoch: BigInt(vector.epoch) - 1n }
    const sender = toLeafIndex(index)
    const [after, path, secrets] = await createUpdatePath(tree, sender, context, fromHex(signature_priv), suite)
    expect(await applyUpdatePath(tree, sender, path, suite.hash)).toEqual(after)
    const sent = Object.values(pathToPathSecrets(secrets)).map(toHex)
    const commitSecrets = new Set<string>()
    for (const reader of vector.leaves_private.filter((leaf) => leaf.index !== index)) {
      const opened = await open(vector, after, reader, index, path)
      expect(sent).toContain(opened.pathSecret)
      commitSecrets.add(opened.commitSecret)
    }
    expect(commitSecrets.size).toBe(1)
  }
})
