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

/** Whether this account key is the one the client holds to be the user's: pinned at first contact. May pin. */
export type Trust = (claims: CredentialClaims) => boolean | Promise<boolean>

/**
 * Checks the whole of a group just joined, of which nothing was known before: every credential, every user in the
 * roster, a device once, every account key trusted but one's own, which must be the identity's.
 *
 * @throws CannotJoin, HandshakeError
 */
export async function checkJoinedGroup(state: ClientState, identity: DeviceIdentity, trust: Trust): Promise<void> {
  parseGroupId(state.groupContext.groupId)
  const roster = rosterOf(state.groupContext)
  const nextLeaves = membersOf(state.ratchetTree)
  const reason = refusalOfOutcome({ roster, nextLeaves, addedLeaves: [] }, [])
  if (reason !== undefined) throw new CannotJoin('unlawful', { cause: new Error(reason) })
  if (!hasKeysAbove(state)) throw new CannotJoin('invalid')
  for (const { leafIndex, leaf } of leavesOf(state.ratchetTree)) {
    const claims = await verifyLeaf(leaf)
    const isOwn = leafIndex === state.privatePath.leafIndex
    if (isOwn ? !isIdentity(claims, identity) : !(await trust(claims))) throw new CannotJoin('untrusted')
  }
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
