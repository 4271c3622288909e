import { encodeLeafNodeTBS, type LeafNode } from 'ts-mls/leafNode.js'
import { isSignedWithLabel } from './signature.ts'

/**
 * The position of a leaf. Its signature covers the position, except in a leaf of a key package
 * (LeafNodeTBS, RFC 9420 §7.2).
 */
export interface LeafPosition {
  readonly groupId: Uint8Array
  readonly leafIndex: number
}

/** Checks that a leaf is signed by its own key. Never throws. */
export async function isLeafSigned(leaf: LeafNode, position?: LeafPosition): Promise<boolean> {
  const { signaturePublicKey, signature } = leaf
  if (leaf.leafNodeSource === 'key_package')
    return isSignedWithLabel(signaturePublicKey, 'LeafNodeTBS', [encodeLeafNodeTBS(leaf)], signature)
  if (position === undefined) return false
  const signed = encodeLeafNodeTBS({ ...leaf, ...position })
  return isSignedWithLabel(signaturePublicKey, 'LeafNodeTBS', [signed], signature)
}
