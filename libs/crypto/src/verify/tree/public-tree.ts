import type { LeafNode } from 'ts-mls/leafNode.js'
import { sha256 } from '#primitives'
import { concat, uint32, withLength } from '../bytes.ts'
import { directPathOf, leftOf, levelOf, parentOf, rightOf, rootOf, siblingOf } from './tree-math.ts'
import { decodeTreeNodes, encodeTreeNodes, type TreeLeaf, type TreeNode, treeLeaf, treeParent } from './tree-nodes.ts'

type Nodes = readonly (TreeNode | undefined)[]

/** A leaf and its index. */
export interface IndexedLeaf {
  readonly leafIndex: number
  readonly leaf: LeafNode
}

/** A node of a filtered direct path (RFC 9420 §4.1.2), and its child on the copath. */
export interface PathStep {
  readonly node: number
  readonly copathChild: number
}

/**
 * The public part of a ratchet tree (RFC 9420 §4, §7). It is immutable: each change returns a new
 * tree that keeps the hashes of unchanged subtrees. So a change costs about as many hashes as the
 * tree is high. It uses loops only, no recursion.
 */
export class PublicTree {
  readonly nodes: Nodes
  /** The known tree hashes by node. Others are computed when they are needed. */
  readonly #hashes: (Uint8Array | undefined)[]

  private constructor(nodes: Nodes, hashes: (Uint8Array | undefined)[]) {
    this.nodes = nodes
    this.#hashes = hashes
  }

  /** @param nodes the nodes of a full tree: a power of two, less one */
  static of(nodes: Nodes): PublicTree {
    return new PublicTree(nodes, new Array(nodes.length))
  }

  /** Reads a ratchet_tree extension. @throws HandshakeError `malformed` */
  static decode(extension: Uint8Array, maxNodes: number): PublicTree {
    return PublicTree.of(decodeTreeNodes(extension, maxNodes))
  }

  /** Returns the contents of a ratchet_tree extension. */
  encode(): Uint8Array {
    return encodeTreeNodes(this.nodes)
  }

  leafAt(leafIndex: number): TreeLeaf | undefined {
    const node = this.nodes[2 * leafIndex]
    return node?.type === 'leaf' ? node : undefined
  }

  /** Returns the leaves that are not blank, by ascending leaf index. */
  leaves(): IndexedLeaf[] {
    return this.nodes.flatMap((node, at) => (node?.type === 'leaf' ? [{ leafIndex: at / 2, leaf: node.leaf }] : []))
  }

  /** The tree hash of the whole tree (RFC 9420 §7.8). */
  get hash(): Uint8Array {
    return this.hashOf(rootOf(this.nodes.length))
  }

  /** Returns the tree hash of the subtree under a node. */
  hashOf(node: number): Uint8Array {
    const known = this.#hashes[node]
    if (known !== undefined) return known
    const hashes = this.#hashes
    const reach = (1 << levelOf(node)) - 1
    for (let level = 0; level <= levelOf(node); level++) {
      const step = 2 << level
      for (let at = node - reach + (1 << level) - 1; at <= node + reach; at += step)
        hashes[at] ??= hashOfNode(at, this.nodes[at], (child) => hashes[child] ?? new Uint8Array())
    }
    return hashes[node] ?? new Uint8Array()
  }

  /**
   * Returns the tree hash of a subtree as it was before some leaves were added. Those leaves are
   * blank, and no parent lists them as unmerged (original sibling tree hash, RFC 9420 §7.9).
   */
  hashWithout(node: number, leaves: readonly number[]): Uint8Array {
    const without = new Set(leaves)
    const changed = new Map<number, Uint8Array>()
    const hashAt = (at: number) => changed.get(at) ?? this.hashOf(at)
    let level = leaves.filter((leaf) => isBelow(2 * leaf, node)).map((leaf) => 2 * leaf)
    for (const at of level) changed.set(at, hashOfNode(at, undefined, hashAt))
    while (level.length > 0 && level[0] !== node) {
      level = [...new Set(level.map(parentOf))]
      for (const at of level) changed.set(at, hashOfNode(at, lessUnmerged(this.nodes[at], without), hashAt))
    }
    return hashAt(node)
  }

  /** Returns the nodes that represent everything below a node (RFC 9420 §4.1.1). */
  resolutionOf(node: number): number[] {
    const resolution: number[] = []
    const open = [node]
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const found = this.nodes[at]
      if (found?.type === 'parent') resolution.push(at, ...found.unmergedLeaves.map((leaf) => 2 * leaf))
      else if (found !== undefined) resolution.push(at)
      else if (at % 2 === 1) open.push(rightOf(at), leftOf(at))
    }
    return resolution
  }

  /** Returns the nodes for which a path of this leaf has keys, lowest first (RFC 9420 §4.1.2). */
  filteredDirectPathOf(leafIndex: number): PathStep[] {
    const steps: PathStep[] = []
    let below = 2 * leafIndex
    for (const node of directPathOf(below, this.nodes.length)) {
      const copathChild = siblingOf(below)
      if (!this.#isEmpty(copathChild)) steps.push({ node, copathChild })
      below = node
    }
    return steps
  }

  /**
   * Blanks a leaf and its direct path, and halves the tree while its right half is blank (RFC 9420
   * §7.7, §12.1.3).
   */
  remove(leafIndex: number): PublicTree {
    const nodes = this.nodes.slice()
    nodes[2 * leafIndex] = undefined
    for (const at of directPathOf(2 * leafIndex, nodes.length)) nodes[at] = undefined
    const changed = this.#changed(nodes, [leafIndex])
    let width = nodes.length
    const last = nodes.findLastIndex((node) => node !== undefined)
    while (width > 1 && last < (width - 1) / 2) width = (width - 1) / 2
    return width === nodes.length ? changed : new PublicTree(nodes.slice(0, width), changed.#hashes.slice(0, width))
  }

  /**
   * Puts a leaf on the leftmost blank leaf, or on a new one in a tree of twice the size (RFC 9420
   * §7.7, §12.1.1).
   */
  add(leaf: TreeLeaf): { readonly tree: PublicTree; readonly leafIndex: number } {
    const nodes = this.nodes.slice()
    let place = 0
    while (nodes[place] !== undefined) place += 2
    const leafIndex = place / 2
    while (place >= nodes.length) nodes.push(...new Array<undefined>(nodes.length + 1).fill(undefined))
    for (const at of directPathOf(place, nodes.length)) {
      const node = nodes[at]
      if (node?.type !== 'parent') continue
      const unmerged = [...node.unmergedLeaves, leafIndex].toSorted((a, b) => a - b)
      nodes[at] = treeParent(node.publicKey, node.parentHash, unmerged)
    }
    nodes[place] = leaf
    return { tree: this.#changed(nodes, [leafIndex]), leafIndex }
  }

  /**
   * Replaces a leaf and blanks its direct path, as an Update proposal and the first step of a path
   * do (RFC 9420 §12.1.2).
   */
  withLeaf(leafIndex: number, leaf: LeafNode): PublicTree {
    const nodes = this.nodes.slice()
    nodes[2 * leafIndex] = treeLeaf(leaf)
    for (const at of directPathOf(2 * leafIndex, nodes.length)) nodes[at] = undefined
    return this.#changed(nodes, [leafIndex])
  }

  /**
   * Returns the tree after a path: new keys on the filtered direct path, and the parent hashes that
   * follow (RFC 9420 §7.5, §7.9).
   *
   * @param publicKeys one key for each node of the filtered direct path, from the lowest
   * @returns the tree, and the parent hash that the leaf must carry
   */
  withPath(
    leafIndex: number,
    leaf: LeafNode,
    publicKeys: readonly Uint8Array[],
  ): { readonly tree: PublicTree; readonly leafParentHash: Uint8Array } {
    const steps = this.filteredDirectPathOf(leafIndex)
    const blanked = this.withLeaf(leafIndex, leaf)
    const nodes = blanked.nodes.slice()
    let parentHash: Uint8Array = new Uint8Array()
    for (let at = steps.length - 1; at >= 0; at--) {
      const { node, copathChild } = steps[at] as PathStep // in range
      const publicKey = publicKeys[at] ?? new Uint8Array()
      nodes[node] = treeParent(publicKey, parentHash)
      parentHash = parentHashOf({ publicKey, parentHash }, blanked.hashOf(copathChild))
    }
    return { tree: blanked.#changed(nodes, [leafIndex]), leafParentHash: parentHash }
  }

  /** Returns the tree of the new nodes. It keeps all hashes except those above changed leaves. */
  #changed(nodes: Nodes, leaves: readonly number[]): PublicTree {
    const hashes = this.#hashes.slice()
    hashes.length = nodes.length
    for (const leaf of leaves) {
      hashes[2 * leaf] = undefined
      for (const at of directPathOf(2 * leaf, nodes.length)) hashes[at] = undefined
    }
    return new PublicTree(nodes, hashes)
  }

  /** Tells whether everything below a node is blank, so that its resolution is empty. */
  #isEmpty(node: number): boolean {
    const reach = (1 << levelOf(node)) - 1
    for (let at = node - reach; at <= node + reach; at++) if (this.nodes[at] !== undefined) return false
    return true
  }
}

/** Hashes the ParentHashInput (RFC 9420 §7.9). */
export function parentHashOf(
  { publicKey, parentHash }: { readonly publicKey: Uint8Array; readonly parentHash: Uint8Array },
  originalSiblingTreeHash: Uint8Array,
): Uint8Array {
  return sha256(concat(withLength(publicKey), withLength(parentHash), withLength(originalSiblingTreeHash)))
}

/** Hashes the TreeHashInput (RFC 9420 §7.8). */
function hashOfNode(at: number, node: TreeNode | undefined, hashAt: (child: number) => Uint8Array): Uint8Array {
  const present = node === undefined ? Uint8Array.of(0) : concat(Uint8Array.of(1), node.bytes)
  return at % 2 === 0
    ? sha256(concat(Uint8Array.of(1), uint32(at / 2), present))
    : sha256(concat(Uint8Array.of(2), present, withLength(hashAt(leftOf(at))), withLength(hashAt(rightOf(at)))))
}

function lessUnmerged(node: TreeNode | undefined, without: ReadonlySet<number>): TreeNode | undefined {
  if (node?.type !== 'parent') return node
  const { publicKey, parentHash, unmergedLeaves } = node
  return treeParent(
    publicKey,
    parentHash,
    unmergedLeaves.filter((leaf) => !without.has(leaf)),
  )
}

function isBelow(place: number, node: number): boolean {
  const reach = (1 << levelOf(node)) - 1
  return place >= node - reach && place <= node + reach
}
