import { sameBytes } from '../bytes.ts'
import { type PublicTree, parentHashOf } from './public-tree.ts'
import { directPathOf, leafRangeOf, leftOf, rightOf } from './tree-math.ts'
import type { TreeNode, TreeParent } from './tree-nodes.ts'

/** The reason why a ratchet tree is unlawful. */
export type TreeRefusal =
  /** An unmerged leaf is blank, not below the node, or not listed in between (RFC 9420 §7.9.2). */
  | 'bad_unmerged_leaves'
  /** No member below a parent has set its key (RFC 9420 §7.9.2). */
  | 'bad_parent_hash'
  /** Two nodes share an encryption key, or two leaves a signature key (RFC 9420 §7.3). */
  | 'duplicate_key'

/**
 * Checks everything that RFC 9420 §12.4.3.1 demands of the tree in a GroupInfo, except for its hash
 * and the signatures of leaves. The time is proportional to nodes × height at most, for any tree.
 */
export function refusalOfTree(tree: PublicTree): TreeRefusal | undefined {
  if (!hasDistinctKeys(tree)) return 'duplicate_key'
  const parents = tree.nodes.flatMap((node, at) => (node?.type === 'parent' ? [{ at, node }] : []))
  if (!parents.every(({ at, node }) => hasLawfulUnmergedLeaves(tree, at, node))) return 'bad_unmerged_leaves'
  return parents.every(({ at, node }) => isSetByMember(tree, at, node)) ? undefined : 'bad_parent_hash'
}

/** Checks that all encryption keys of a tree differ, and all signature keys. */
export function hasDistinctKeys(tree: PublicTree): boolean {
  const nodes = tree.nodes.filter((node) => node !== undefined)
  const signatureKeys = nodes.flatMap((node) => (node.type === 'leaf' ? [node.signatureKey] : []))
  return (
    new Set(nodes.map((node) => node.key)).size === nodes.length && new Set(signatureKeys).size === signatureKeys.length
  )
}

/**
 * Checks the same for a tree that was made from a tree with distinct keys: it compares the keys of
 * changed nodes with all others.
 */
export function keepsKeysDistinct(before: PublicTree, after: PublicTree): boolean {
  const keys = new Set<string>()
  const signatureKeys = new Set<string>()
  const isNew = (node: TreeNode): boolean =>
    !keys.has(node.key) && !(node.type === 'leaf' && signatureKeys.has(node.signatureKey))
  for (const [at, node] of after.nodes.entries()) {
    if (node === undefined || node === before.nodes[at]) continue
    if (!isNew(node)) return false
    keys.add(node.key)
    if (node.type === 'leaf') signatureKeys.add(node.signatureKey)
  }
  return after.nodes.every((node, at) => node === undefined || node !== before.nodes[at] || isNew(node))
}

function hasLawfulUnmergedLeaves(tree: PublicTree, at: number, { unmergedLeaves }: TreeParent): boolean {
  const [first, last] = leafRangeOf(at)
  return unmergedLeaves.every((leaf) => {
    if (leaf < first || leaf > last || tree.leafAt(leaf) === undefined) return false
    const path = directPathOf(2 * leaf, tree.nodes.length)
    return path.slice(0, path.indexOf(at)).every((between) => {
      const node = tree.nodes[between]
      return node?.type !== 'parent' || node.unmergedLeaves.includes(leaf)
    })
  })
}

/**
 * Checks that exactly one descendant's parent hash shows that its path set this parent's key
 * (RFC 9420 §7.9.2). In one child's resolution there is just that one node, besides the leaves that
 * are unmerged at the parent.
 */
function isSetByMember(tree: PublicTree, at: number, parent: TreeParent): boolean {
  const unmerged = new Set(parent.unmergedLeaves.map((leaf) => 2 * leaf))
  const sides = [
    [leftOf(at), rightOf(at)],
    [rightOf(at), leftOf(at)],
  ] as const
  return sides.some(([child, sibling]) => {
    const resolution = tree.resolutionOf(child)
    const [setter, ...others] = resolution.filter((node) => !unmerged.has(node))
    if (setter === undefined || others.length > 0) return false
    const [first, last] = leafRangeOf(child)
    const unmergedBelow = parent.unmergedLeaves.filter((leaf) => leaf >= first && leaf <= last)
    if (resolution.length !== unmergedBelow.length + 1) return false
    const expected = parentHashOf(parent, tree.hashWithout(sibling, parent.unmergedLeaves))
    const claimed = parentHashIn(tree.nodes[setter])
    return claimed !== undefined && sameBytes(claimed, expected)
  })
}

function parentHashIn(node: TreeNode | undefined): Uint8Array | undefined {
  if (node?.type === 'parent') return node.parentHash
  return node?.leaf.leafNodeSource === 'commit' ? node.leaf.parentHash : undefined
}
