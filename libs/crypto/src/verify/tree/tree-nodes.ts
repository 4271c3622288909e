import { decodeLeafNode, encodeLeafNode, type LeafNode } from 'ts-mls/leafNode.js'
import { concat, lengthPrefix, uint32, withLength } from '../bytes.ts'
import type { CredentialClaims } from '../credential.ts'
import { decodeItem } from '../decode.ts'
import { HandshakeError } from '../handshake-error.ts'
import { TlsReader } from '../tls-reader.ts'

/** A leaf that is not blank, and its encoding (LeafNode, RFC 9420 §7.2). */
export interface TreeLeaf {
  readonly type: 'leaf'
  readonly leaf: LeafNode
  readonly bytes: Uint8Array
  /** The HPKE public key with one letter per byte, to compare keys. */
  readonly key: string
  /** The signature key in the same form. */
  readonly signatureKey: string
  /** The owner, once `claimsOfLeaf` has read it. Trees share their leaves. */
  claims?: CredentialClaims
}

/** A parent that is not blank, and its encoding (ParentNode, RFC 9420 §7.1). */
export interface TreeParent {
  readonly type: 'parent'
  readonly publicKey: Uint8Array
  readonly parentHash: Uint8Array
  /** The indexes of unmerged leaves, ascending. */
  readonly unmergedLeaves: readonly number[]
  readonly bytes: Uint8Array
  readonly key: string
}

export type TreeNode = TreeLeaf | TreeParent

const lettersOf = (key: Uint8Array): string => String.fromCharCode(...key)

/** The values of NodeType (RFC 9420 §7.8). */
const leafType = 1
const parentType = 2

export function treeLeaf(leaf: LeafNode, bytes: Uint8Array = encodeLeafNode(leaf)): TreeLeaf {
  const { hpkePublicKey, signaturePublicKey } = leaf
  return { type: 'leaf', leaf, bytes, key: lettersOf(hpkePublicKey), signatureKey: lettersOf(signaturePublicKey) }
}

export function treeParent(
  publicKey: Uint8Array,
  parentHash: Uint8Array,
  unmergedLeaves: readonly number[] = [],
): TreeParent {
  const bytes = concat(
    withLength(publicKey),
    withLength(parentHash),
    withLength(concat(...unmergedLeaves.map((leaf) => uint32(leaf)))),
  )
  return { type: 'parent', publicKey, parentHash, unmergedLeaves, bytes, key: lettersOf(publicKey) }
}

/**
 * Reads the contents of a ratchet_tree extension (RFC 9420 §7.8, §12.4.3.3): leaves at even
 * positions, parents at odd ones, the last node not blank. It adds blanks up to the width of a full
 * tree.
 *
 * @param maxNodes the number of nodes after which reading stops, so that a long list of blanks
 *   costs nothing
 * @throws HandshakeError `malformed`
 */
export function decodeTreeNodes(extension: Uint8Array, maxNodes: number): (TreeNode | undefined)[] {
  const outer = new TlsReader(extension)
  const reader = new TlsReader(outer.vector())
  outer.end()
  const nodes: (TreeNode | undefined)[] = []
  while (!reader.isAtEnd) {
    if (nodes.length === maxNodes) throw new HandshakeError('malformed', 'tree with too many nodes')
    nodes.push(decodeOptionalNode(reader, nodes.length % 2 === 0))
  }
  if (nodes.at(-1) === undefined) throw new HandshakeError('malformed', 'tree ends with a blank node')
  const width = fullWidth(nodes.length)
  while (nodes.length < width) nodes.push(undefined)
  return nodes
}

/** Encodes nodes in the form that `decodeTreeNodes` reads, without the blanks on the right. */
export function encodeTreeNodes(nodes: readonly (TreeNode | undefined)[]): Uint8Array {
  const last = nodes.findLastIndex((node) => node !== undefined)
  let length = last + 1
  for (const node of nodes) if (node !== undefined) length += 1 + node.bytes.length
  const prefix = lengthPrefix(length)
  const out = new Uint8Array(prefix.length + length)
  out.set(prefix)
  let at = prefix.length
  for (let n = 0; n <= last; n++) {
    const node = nodes[n]
    // A blank node is a zero byte, which `out` already has.
    if (node !== undefined) {
      out[at] = 1
      out[at + 1] = node.type === 'leaf' ? leafType : parentType
      out.set(node.bytes, at + 2)
      at += 1 + node.bytes.length
    }
    at++
  }
  return out
}

/** Returns the number of nodes of the smallest full tree with at least `nodes` nodes. */
function fullWidth(nodes: number): number {
  let width = 1
  while (width < nodes) width = 2 * width + 1
  return width
}

function decodeOptionalNode(reader: TlsReader, isLeaf: boolean): TreeNode | undefined {
  const presence = reader.uint8()
  if (presence === 0) return undefined
  const type = reader.uint8()
  if (presence !== 1 || type !== (isLeaf ? leafType : parentType))
    throw new HandshakeError('malformed', 'node of the wrong type')
  if (!isLeaf) return readParent(reader)
  const { value, bytes } = decodeItem(reader, { decode: decodeLeafNode, encode: encodeLeafNode })
  return treeLeaf(value, bytes)
}

function readParent(reader: TlsReader): TreeParent {
  const publicKey = reader.vector()
  const parentHash = reader.vector()
  const list = new TlsReader(reader.vector())
  const unmergedLeaves: number[] = []
  while (!list.isAtEnd) unmergedLeaves.push(list.uint32())
  if (unmergedLeaves.some((leaf, at) => at > 0 && leaf <= (unmergedLeaves[at - 1] ?? 0)))
    throw new HandshakeError('malformed', 'unmerged leaves not in order')
  return treeParent(publicKey, parentHash, unmergedLeaves)
}
