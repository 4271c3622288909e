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
 * Whether each of these account keys is its user's, as far as the client knows or can find out elsewhere. Asked once for all leaves of a
 * tree or commit. The claims are what is doubted: they never make a key known. What it throws (no network) is no verdict, and passes
 * through whoever asks.
 */
export type Trust = (claims: readonly CredentialClaims[]) => boolean | Promise<boolean>

/**
 * Checks the whole of a group just joined, of which nothing was known before: every credential, every user in the
 * roster, a device once, one's own account key. @returns the claims of all other leaves, whose account keys are still to be trusted.
 *
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
 * Whether this member holds the key of every node above its leaf that does not list it as unmerged. A Welcome that leaves
 * out the path secret would let its joiner in, and lose it at the next commit.
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
