import { encodeLeafNodeTBS, type LeafNode } from 'ts-mls/leafNode.js'
import { isSignedWithLabel } from './signature.ts'

/** Where a leaf stands: its signature covers that, but for a leaf from a key package (LeafNodeTBS, RFC 9420 §7.2). */
export interface LeafPlace {
  readonly groupId: Uint8Array
  readonly leafIndex: number
}

/** Whether a leaf is signed by its own key. Never throws. */
export async function isLeafSigned(leaf: LeafNode, place?: LeafPlace): Promise<boolean> {
  const { signaturePublicKey, signature } = leaf
  if (leaf.leafNodeSource === 'key_package')
    return isSignedWithLabel(signaturePublicKey, 'LeafNodeTBS', [encodeLeafNodeTBS(leaf)], signature)
  if (place === undefined) return false
  const signed = encodeLeafNodeTBS({ ...leaf, ...place })
  return isSignedWithLabel(signaturePublicKey, 'LeafNodeTBS', [signed], signature)
}
