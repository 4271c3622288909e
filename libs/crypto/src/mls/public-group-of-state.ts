import type { ClientState } from 'ts-mls/clientState.js'
import { rosterOfExtensions, rosterOfFormerRules } from '../verify/group-context.ts'
import { type PublicGroup, publicGroupWith } from '../verify/public-group.ts'
import { PublicTree } from '../verify/tree/public-tree.ts'
import { treeLeaf, treeParent } from '../verify/tree/tree-nodes.ts'

/** Returns the public group inside a member's state. */
export function publicGroupOfState({ groupContext, ratchetTree, confirmationTag }: ClientState): PublicGroup {
  const nodes = ratchetTree.map((node) => {
    if (node === undefined) return undefined
    if (node.nodeType === 'leaf') return treeLeaf(node.leaf)
    const { hpkePublicKey, parentHash, unmergedLeaves } = node.parent
    return treeParent(hpkePublicKey, parentHash, unmergedLeaves)
  })
  const { extensions } = groupContext
  const roster = rosterOfFormerRules(extensions) ?? rosterOfExtensions(extensions)
  return publicGroupWith({ context: groupContext, tree: PublicTree.of(nodes), roster }, confirmationTag)
}
