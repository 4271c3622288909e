/** Official vectors for the trees of the engine. */

import { verifyLeafNodeSignature, verifyLeafNodeSignatureKeyPackage } from 'ts-mls/leafNode.js'
import { verifyParentHashes } from 'ts-mls/parentHash.js'
import { decodeProposal } from 'ts-mls/proposal.js'
import {
  addLeafNode,
  decodeRatchetTree,
  encodeRatchetTree,
  type RatchetTree,
  removeLeafNode,
  resolution,
  updateLeafNode,
} from 'ts-mls/ratchetTree.js'
import { treeHash } from 'ts-mls/treeHash.js'
import { leafWidth, left, nodeWidth, parent, right, root, sibling, toLeafIndex, toNodeIndex } from 'ts-mls/treemath.js'
import { expect, test } from 'vitest'
import { fromHex, testVectors, toHex } from '../../testing/test-vectors.ts'
import { cipherSuite } from './engine.ts'
import { leavesOf } from './members.ts'

/** Returns the result of a function for an index, or null where it throws. */
function orNull(of: () => number): number | null {
  try {
    return of()
  } catch {
    return null
  }
}

test.each(testVectors('tree-math'))('tree-math: $n_leaves leaves', (vector) => {
  const { n_leaves: leaves, n_nodes: nodes } = vector
  expect(nodeWidth(leaves)).toBe(nodes)
  expect(leafWidth(nodes)).toBe(leaves)
  expect(root(leaves)).toBe(vector.root)
  const indexes = Array.from({ length: nodes }, (_, index) => toNodeIndex(index))
  expect(indexes.map((index) => orNull(() => left(index)))).toEqual(vector.left)
  expect(indexes.map((index) => orNull(() => right(index)))).toEqual(vector.right)
  expect(indexes.map((index) => orNull(() => parent(index, leaves)))).toEqual(vector.parent)
  expect(indexes.map((index) => orNull(() => sibling(index, leaves)))).toEqual(vector.sibling)
})

function decodeTree(hex: string): RatchetTree {
  const tree = decodeRatchetTree(fromHex(hex), 0)?.[0]
  if (tree === undefined) throw new Error('no tree')
  return tree
}

test.each(testVectors('tree-operations').map((vector, n) => ({ n, ...vector })))('tree-operations: $n', (vector) => {
  const before = decodeTree(vector.tree_before)
  const proposal = decodeProposal(fromHex(vector.proposal), 0)?.[0]
  const after = (): RatchetTree => {
    switch (proposal?.proposalType) {
      case 'add':
        return addLeafNode(before, proposal.add.keyPackage.leafNode)[0]
      case 'update':
        return updateLeafNode(before, proposal.update.leafNode, toLeafIndex(vector.proposal_sender))
      case 'remove':
        return removeLeafNode(before, toLeafIndex(proposal.remove.removed))
      default:
        throw new Error('another proposal')
    }
  }
  expect(toHex(encodeRatchetTree(after()))).toBe(vector.tree_after)
})

test.each(testVectors('tree-validation').map((vector, n) => ({ n, ...vector })))(
  'tree-validation: $n',
  async (vector) => {
    const tree = decodeTree(vector.tree)
    const { hash, signature } = await cipherSuite
    const indexes = vector.tree_hashes.map((_, index) => toNodeIndex(index))
    const hashes = await Promise.all(indexes.map(async (index) => toHex(await treeHash(tree, index, hash))))
    expect(hashes).toEqual(vector.tree_hashes)
    expect(indexes.map((index) => resolution(tree, index))).toEqual(vector.resolutions)
    expect(await verifyParentHashes(tree, hash)).toBe(true)
    for (const { leafIndex, leaf } of leavesOf(tree)) {
      const isSigned =
        leaf.leafNodeSource === 'key_package'
          ? verifyLeafNodeSignatureKeyPackage(leaf, signature)
          : verifyLeafNodeSignature(leaf, fromHex(vector.group_id), leafIndex, signature)
      expect(await isSigned).toBe(true)
    }
  },
)
