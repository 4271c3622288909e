import { sha256 } from '#primitives'
import { sameBytes } from './bytes.ts'
import { type GroupInfo, isGroupInfoSignedBy } from './group-info.ts'
import type { DecodedCommit } from './handshake.ts'
import type { PublicGroup } from './public-group.ts'

/** Each reason why a GroupInfo does not belong to a commit, and its meaning. */
export const groupInfoRefusals = {
  other_context: 'The group info has another group, epoch, tree hash, transcript or roster',
  other_tree: 'The group info has another ratchet tree than the group after the commit',
  other_tag: "The group info does not have the commit's confirmation tag",
  other_signer: 'The group info is not signed by the committer',
} as const satisfies Record<string, string>

export type GroupInfoRefusal = keyof typeof groupInfoRefusals

/**
 * Checks that a GroupInfo describes exactly this group and that the commit's author signed it. So a
 * device that joins by it joins the group that all others have computed from the commit.
 */
export async function refusalOfGroupInfo(
  group: PublicGroup,
  info: GroupInfo,
  { commit, committer }: { commit: DecodedCommit; committer: { leafIndex: number; signatureKey: Uint8Array } },
): Promise<GroupInfoRefusal | undefined> {
  if (!sameBytes(info.contextBytes, group.contextBytes)) return 'other_context'
  if (!sameBytes(info.confirmationTag, commit.confirmationTag)) return 'other_tag'
  if (!sameBytes(info.ratchetTree, group.tree.encode())) return 'other_tree'
  const isByCommitter = info.signer === committer.leafIndex && (await isGroupInfoSignedBy(info, committer.signatureKey))
  return isByCommitter ? undefined : 'other_signer'
}

/** Returns the hash of the GroupContext, which identifies one state of one group. */
export const contextHashOf = ({ contextBytes }: Pick<PublicGroup, 'contextBytes'>): Uint8Array => sha256(contextBytes)
