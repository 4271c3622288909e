import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fromHex, testVectors } from '../../../testing/test-vectors.ts'
import { PublicTree } from './public-tree.ts'
import { directPathOf, leafRangeOf } from './tree-math.ts'
import { type TreeNode, type TreeParent, treeLeaf, treeParent } from './tree-nodes.ts'
import { hasDistinctKeys, keepsKeysDistinct, refusalOfTree } from './validate-tree.ts'

const trees = testVectors('tree-validation').map(({ tree }) => PublicTree.decode(fromHex(tree), 4095))

/** Returns a tree with another node at one position. */
const withNode = (tree: PublicTree, at: number, node: TreeNode | undefined): PublicTree =>
  PublicTree.of(tree.nodes.map((known, index) => (index === at ? node : known)))

const parentsOf = (tree: PublicTree): [at: number, parent: TreeParent][] =>
  tree.nodes.flatMap((node, at) => (node?.type === 'parent' ? [[at, node] as [number, TreeParent]] : []))

const withParents = trees.filter((tree) => parentsOf(tree).length > 0)

test('(control: the vectors have trees with parents and with unmerged leaves)', () => {
  expect(withParents.length).toBeGreaterThan(5)
  expect(withParents.some((tree) => parentsOf(tree).some(([, { unmergedLeaves }]) => unmergedLeaves.length > 0))).toBe(
    true,
  )
})

test('a parent whose key no member below it has set is rejected', () => {
  for (const tree of withParents)
    for (const [at, { parentHash, unmergedLeaves }] of parentsOf(tree)) {
      const forged = withNode(tree, at, treeParent(new Uint8Array(32).fill(at + 1), parentHash, unmergedLeaves))
      expect(refusalOfTree(forged)).toBe('bad_parent_hash')
    }
})

test('a parent with another parent hash than the node below it states is rejected', () => {
  for (const tree of withParents)
    for (const [at, { publicKey, unmergedLeaves }] of parentsOf(tree)) {
      const forged = withNode(tree, at, treeParent(publicKey, new Uint8Array(32).fill(7), unmergedLeaves))
      expect(refusalOfTree(forged)).toBe('bad_parent_hash')
    }
})

test('a tree whose leaf was removed without blanking its path is rejected', () => {
  for (const tree of withParents)
    for (const { leafIndex } of tree.leaves()) {
      const path = directPathOf(2 * leafIndex, tree.nodes.length)
      if (!path.some((at) => tree.nodes[at]?.type === 'parent')) continue
      expect(refusalOfTree(withNode(tree, 2 * leafIndex, undefined))).toBeDefined()
    }
})

test('an unmerged leaf that is blank or not below the parent is rejected', () => {
  for (const tree of withParents)
    for (const [at, { publicKey, parentHash, unmergedLeaves }] of parentsOf(tree)) {
      const [, last] = leafRangeOf(at)
      const blank = Array.from({ length: last + 1 }, (_, leaf) => leaf).find((leaf) => tree.leafAt(leaf) === undefined)
      for (const leaf of [last + 1, ...(blank === undefined ? [] : [blank])]) {
        const list = [...unmergedLeaves, leaf].toSorted((a, b) => a - b)
        expect(refusalOfTree(withNode(tree, at, treeParent(publicKey, parentHash, list)))).toBe('bad_unmerged_leaves')
      }
    }
})

test('a parent in between that does not list the unmerged leaf is rejected', () => {
  let tried = 0
  for (const tree of withParents)
    for (const [, { unmergedLeaves }] of parentsOf(tree))
      for (const leaf of unmergedLeaves) {
        const lists = parentsOf(tree).filter(([, parent]) => parent.unmergedLeaves.includes(leaf))
        const [lowest] = lists
        if (lists.length < 2 || lowest === undefined) continue
        const [at, { publicKey, parentHash, unmergedLeaves: list }] = lists.reduce((a, b) =>
          leafRangeOf(b[0])[1] - leafRangeOf(b[0])[0] < leafRangeOf(a[0])[1] - leafRangeOf(a[0])[0] ? b : a,
        )
        const without = list.filter((one) => one !== leaf)
        expect(refusalOfTree(withNode(tree, at, treeParent(publicKey, parentHash, without)))).toBeDefined()
        tried++
      }
  expect(tried).toBeGreaterThan(0)
})

test('an encryption key at two nodes, or a signature key at two leaves, is rejected', () => {
  for (const tree of trees) {
    const [first, second] = tree.leaves()
    if (first === undefined || second === undefined) continue
    const { hpkePublicKey, signaturePublicKey } = first.leaf
    for (const copied of [{ hpkePublicKey }, { signaturePublicKey }]) {
      const forged = withNode(tree, 2 * second.leafIndex, treeLeaf({ ...second.leaf, ...copied }))
      expect(refusalOfTree(forged)).toBe('duplicate_key')
    }
  }
})

test('keepsKeysDistinct and hasDistinctKeys agree after any change of a tree', () => {
  const distinct = trees.filter(hasDistinctKeys)
  const change = fc.record({ from: fc.nat(), to: fc.nat(), isFresh: fc.boolean(), isBlank: fc.boolean() })
  const seen = new Set<boolean>()
  fc.assert(
    fc.property(fc.constantFrom(...distinct), fc.array(change, { maxLength: 3 }), (before, changes) => {
      const after = changes.reduce((tree, { from, to, isFresh, isBlank }, n) => {
        const node = tree.nodes[from % tree.nodes.length]
        if (isBlank || node === undefined) return withNode(tree, to % tree.nodes.length, undefined)
        // Leaves are at even positions, parents at odd ones.
        const place = (2 * to + ((from % tree.nodes.length) % 2)) % (tree.nodes.length + 1)
        return withNode(tree, place, isFresh ? withOtherKeys(node, n) : { ...node })
      }, before)
      const isDistinct = hasDistinctKeys(after)
      seen.add(isDistinct)
      expect(keepsKeysDistinct(before, after)).toBe(isDistinct)
    }),
    { numRuns: 500 },
  )
  expect(seen).toEqual(new Set([true, false]))
})

/** Makes keys from a number: equal numbers give equal keys. */
function withOtherKeys(node: TreeNode, n: number): TreeNode {
  if (node.type === 'parent') return treeParent(new Uint8Array(32).fill(n), node.parentHash, node.unmergedLeaves)
  return treeLeaf({ ...node.leaf, hpkePublicKey: new Uint8Array(32).fill(n) })
}

test('lawful changes keep keys distinct, and a key copied from another node is found', () => {
  for (const tree of trees.filter(hasDistinctKeys)) {
    const [first, second] = tree.leaves()
    if (first === undefined || second === undefined) continue
    expect(keepsKeysDistinct(tree, tree.remove(second.leafIndex))).toBe(true)
    expect(keepsKeysDistinct(tree, tree.withLeaf(first.leafIndex, { ...first.leaf }))).toBe(true)
    const { signaturePublicKey, hpkePublicKey } = second.leaf
    for (const stolen of [{ signaturePublicKey }, { hpkePublicKey }])
      expect(keepsKeysDistinct(tree, tree.withLeaf(first.leafIndex, { ...first.leaf, ...stolen }))).toBe(false)
  }
})

test('a tree is encoded as it was read, without the blanks on the right', () => {
  for (const tree of trees) {
    const encoded = tree.encode()
    expect(PublicTree.decode(encoded, 4095).encode()).toEqual(encoded)
    for (const { leafIndex } of tree.leaves()) {
      if (tree.leaves().length === 1) continue
      const less = tree.remove(leafIndex)
      expect(PublicTree.decode(less.encode(), 4095).nodes.map((node) => node?.bytes)).toEqual(
        less.nodes.map((node) => node?.bytes),
      )
    }
  }
})
