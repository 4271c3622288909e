import type { Roster } from '@fastchat/schema'
import type { GroupContext } from 'ts-mls/groupContext.js'
import type { LeafNode } from 'ts-mls/leafNode.js'
import type { RatchetTree } from 'ts-mls/ratchetTree.js'
import { type CredentialClaims, readIdentity } from '../verify/credential.ts'
import { rosterOfExtensions } from '../verify/group-context.ts'
import { HandshakeError } from '../verify/handshake-error.ts'

export interface Member extends CredentialClaims {
  leafIndex: number
}

/** Returns leaves that are not blank, in ascending order. Leaf n is node 2n (RFC 9420, app. C). */
export function leavesOf(tree: RatchetTree): { leafIndex: number; leaf: LeafNode }[] {
  return tree.flatMap((node, index) => (node?.nodeType === 'leaf' ? [{ leafIndex: index / 2, leaf: node.leaf }] : []))
}

/** Returns the devices of the leaves. Credentials were verified when they entered the tree. */
export function membersOf(tree: RatchetTree): Member[] {
  return leavesOf(tree).map(({ leafIndex, leaf }) => ({ leafIndex, ...claimsOf(leaf) }))
}

/** Returns the device of one leaf. @throws HandshakeError `malformed` when the leaf is blank */
export function memberAt(tree: RatchetTree, leafIndex: number): Member {
  const node = tree[2 * leafIndex]
  if (node?.nodeType !== 'leaf') throw new HandshakeError('malformed', 'blank leaf')
  return { leafIndex, ...claimsOf(node.leaf) }
}

/** @throws HandshakeError unless the context has exactly the required capabilities and a roster */
export const rosterOf = (context: GroupContext): Roster => rosterOfExtensions(context.extensions)

function claimsOf(leaf: LeafNode): CredentialClaims {
  if (leaf.credential.credentialType !== 'basic') throw new HandshakeError('unsupported', 'credential is not basic')
  const { sig: _, ...claims } = readIdentity(leaf.credential.identity, leaf.signaturePublicKey)
  return claims
}
