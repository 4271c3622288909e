import { toBase64Url } from '@fastchat/schema'
import type { ClientState } from 'ts-mls/clientState.js'
import { directPath, leafToNodeIndex, leafWidth, toLeafIndex } from 'ts-mls/treemath.js'
import type { CredentialClaims } from '../verify/credential.ts'
import { parseGroupId } from '../verify/group-id.ts'
import { refusalOfOutcome } from '../verify/judge-outcome.ts'
import { verifyLeaf } from '../verify/leaf.ts'
import type { DeviceIdentity } from './device.ts'
import { CannotJoin } from './errors.ts'
import { leavesOf, membersOf, rosterOf } from './members.ts'

/**
 * Returns whether each of these account keys belongs to its user, by what the client knows or can
 * find out elsewhere. It is asked once for all leaves of a tree or commit. The claims themselves
 * never make a key known. An exception (no network) decides nothing; callers pass it on.
 */
export type Trust = (claims: readonly CredentialClaims[]) => boolean | Promise<boolean>

/**
 * Checks the whole of a group that was just joined. It checks every credential and this device's
 * account key. Each user must be in the roster, and each device must have one leaf.
 *
 * @returns the claims of all other leaves, whose account keys the caller must still check
 * @throws CannotJoin, HandshakeError
 */
export async function checkJoinedGroup(state: ClientState, identity: DeviceIdentity): Promise<CredentialClaims[]> {
  parseGroupId(state.groupContext.groupId)
  const roster = rosterOf(state.groupContext)
  const nextLeaves = membersOf(state.ratchetTree)
  const reason = refusalOfOutcome({ roster, nextLeaves, addedLeaves: [] }, [])
  if (reason !== undefined) throw new CannotJoin('unlawful', { cause: new Error(reason) })
  if (!hasKeysAbove(state)) throw new CannotJoin('invalid')
  const others: CredentialClaims[] = []
  for (const { leafIndex, leaf } of leavesOf(state.ratchetTree)) {
    const claims = await verifyLeaf(leaf)
    if (leafIndex !== state.privatePath.leafIndex) others.push(claims)
    else if (!isIdentity(claims, identity)) throw new CannotJoin('untrusted')
  }
  return others
}

/**
 * Returns whether this member has the key of every node above its leaf that does not list the leaf
 * as unmerged. With a Welcome that lacks the path secret a device would join, and fail at the next
 * commit.
 */
function hasKeysAbove({ ratchetTree, privatePath: { leafIndex, privateKeys } }: ClientState): boolean {
  return directPath(leafToNodeIndex(toLeafIndex(leafIndex)), leafWidth(ratchetTree.length)).every((index) => {
    const node = ratchetTree[index]
    return (
      node?.nodeType !== 'parent' || node.parent.unmergedLeaves.includes(leafIndex) || privateKeys[index] !== undefined
    )
  })
}

export function isIdentity(claims: CredentialClaims, identity: DeviceIdentity): boolean {
  return (
    claims.userId === identity.userId &&
    claims.deviceId === identity.deviceId &&
    toBase64Url(claims.accountKey) === toBase64Url(identity.accountKey) &&
    toBase64Url(claims.signatureKey) === toBase64Url(identity.signaturePublic)
  )
}
