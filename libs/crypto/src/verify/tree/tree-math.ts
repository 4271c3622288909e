/** The array form of a full binary tree (RFC 9420, app. C): leaf n is node 2n, parents are odd. */

/** Returns how far a node is above the leaves: its number of trailing one bits. */
export function levelOf(node: number): number {
  return 31 - Math.clz32(~node & (node + 1))
}

/** Returns the root of a tree with that many nodes (a power of two, less one). */
export const rootOf = (width: number): number => (width - 1) / 2

export const leftOf = (parent: number): number => parent - (1 << (levelOf(parent) - 1))

export const rightOf = (parent: number): number => parent + (1 << (levelOf(parent) - 1))

export function parentOf(node: number): number {
  const level = levelOf(node)
  return (node | (1 << level)) & ~(1 << (level + 1))
}

/** Returns the other child of the node's parent. */
export function siblingOf(node: number): number {
  const parent = parentOf(node)
  return node < parent ? rightOf(parent) : leftOf(parent)
}

/** Returns the node's ancestors, from its parent to the root. */
export function directPathOf(node: number, width: number): number[] {
  const path: number[] = []
  const root = rootOf(width)
  for (let at = node; at !== root; ) {
    at = parentOf(at)
    path.push(at)
  }
  return path
}

/** Returns the first and the last leaf index below a node. */
export function leafRangeOf(node: number): readonly [first: number, last: number] {
  const half = (1 << levelOf(node)) - 1
  return [(node - half) / 2, (node + half) / 2]
}
