/** Official vectors for the parts of MLS that the public tree implements. */
import { decodeProposal, type Proposal } from 'ts-mls/proposal.js'
import { expect, test } from 'vitest'
import { fromHex, testVectors, toHex } from '../../../testing/test-vectors.ts'
import { isLeafSigned } from '../leaf-signature.ts'
import { PublicTree } from './public-tree.ts'
import { leftOf, parentOf, rightOf, rootOf, siblingOf } from './tree-math.ts'
import { treeLeaf } from './tree-nodes.ts'
import { refusalOfTree } from './validate-tree.ts'

const maxNodes = 4095

/** Returns null where the function throws, like the vectors: a leaf's child, the root's parent. */
const orNull = (has: boolean, value: () => number): number | null => (has ? value() : null)

test('tree-math: roots, children, parents and siblings of the array form', () => {
  const vectors = testVectors('tree-math').filter(({ n_leaves }) => n_leaves <= 1024)
  for (const { n_nodes, root, left, right, parent, sibling } of vectors) {
    expect(rootOf(n_nodes)).toBe(root)
    const nodes = Array.from({ length: n_nodes }, (_, at) => at)
    expect(nodes.map((at) => orNull(at % 2 === 1, () => leftOf(at)))).toEqual(left)
    expect(nodes.map((at) => orNull(at % 2 === 1, () => rightOf(at)))).toEqual(right)
    expect(nodes.map((at) => orNull(at !== root, () => parentOf(at)))).toEqual(parent)
    expect(nodes.map((at) => orNull(at !== root, () => siblingOf(at)))).toEqual(sibling)
  }
  expect.hasAssertions()
})

test('tree-validation: tree hashes and resolutions of every node, parent hashes, leaf signatures', async () => {
  for (const vector of testVectors('tree-validation')) {
    const tree = PublicTree.decode(fromHex(vector.tree), maxNodes)
    const nodes = tree.nodes.map((_, at) => at)
    // The root first, as in practice: its hash needs all others.
    expect(toHex(tree.hash)).toBe(vector.tree_hashes[rootOf(tree.nodes.length)])
    expect(nodes.map((at) => toHex(tree.hashOf(at)))).toEqual(vector.tree_hashes)
    expect(nodes.map((at) => tree.resolutionOf(at))).toEqual(vector.resolutions)
    expect(refusalOfTree(tree)).toBeUndefined()
    for (const { leaf, leafIndex } of tree.leaves())
      expect(await isLeafSigned(leaf, { groupId: fromHex(vector.group_id), leafIndex })).toBe(true)
    expect(toHex(tree.encode())).toBe(vector.tree)
  }
})

test('tree-operations: the tree after an add, update or remove', () => {
  for (const vector of testVectors('tree-operations')) {
    const before = PublicTree.decode(fromHex(vector.tree_before), maxNodes)
    const [proposal] = decodeProposal(fromHex(vector.proposal), 0) ?? []
    if (proposal === undefined) throw new Error('undecodable proposal')
    // The cached hashes of the tree before must not be used for the tree after.
    expect(before.hash).toHaveLength(32)
    const after = applied(before, proposal, vector.proposal_sender)
    expect(toHex(after.encode())).toBe(vector.tree_after)
    expect(toHex(after.hash)).toBe(toHex(PublicTree.decode(fromHex(vector.tree_after), maxNodes).hash))
  }
})

function applied(tree: PublicTree, proposal: Proposal, sender: number): PublicTree {
  switch (proposal.proposalType) {
    case 'add':
      return tree.add(treeLeaf(proposal.add.keyPackage.leafNode)).tree
    case 'remove':
      return tree.remove(proposal.remove.removed)
    case 'update':
      return tree.withLeaf(sender, proposal.update.leafNode)
    default:
      throw new Error('another proposal')
  }
}

test('treekem: the tree hash after each path, and the parent hash of its leaf', async () => {
  const { decodeUpdatePath } = await import('ts-mls/updatePath.js')
  for (const vector of testVectors('treekem')) {
    const tree = PublicTree.decode(fromHex(vector.ratchet_tree), maxNodes)
    for (const { sender, update_path, tree_hash_after } of vector.update_paths) {
      const [path] = decodeUpdatePath(fromHex(update_path), 0) ?? []
      if (path?.leafNode.leafNodeSource !== 'commit') throw new Error('undecodable path')
      const keys = path.nodes.map((node) => node.hpkePublicKey)
      expect(tree.filteredDirectPathOf(sender)).toHaveLength(keys.length)
      const { tree: after, leafParentHash } = tree.withPath(sender, path.leafNode, keys)
      expect(toHex(leafParentHash)).toBe(toHex(path.leafNode.parentHash))
      expect(toHex(after.hash)).toBe(tree_hash_after)
      expect(refusalOfTree(after)).toBeUndefined()
    }
  }
})
