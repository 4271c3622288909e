import { sha256 } from '#primitives'
import { sameBytes } from './bytes.ts'
import { type GroupInfo, isGroupInfoSignedBy } from './group-info.ts'
import type { DecodedCommit } from './handshake.ts'
import type { PublicGroup } from './public-group.ts'

/** Why a GroupInfo is not that of a commit, and what that means. */
export const groupInfoRefusals = {
  other_context: 'Of another context: group, epoch, tree hash, transcript or roster',
  other_tree: 'Another ratchet tree than the one after the commit',
  other_tag: "Not the commit's confirmation tag",
  other_signer: 'Not signed by the committer',
} as const satisfies Record<string, string>

export type GroupInfoRefusal = keyof typeof groupInfoRefusals

/**
 * Whether a GroupInfo describes just this group, by the word of the commit's author: so who joins by it joins the group that
 * everybody else has computed from the commit.
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

/** H(GroupContext): names one state of one group, for heads and for comparing what a server says of it. */
export const contextHashOf = ({ contextBytes }: Pick<PublicGroup, 'contextBytes'>): Uint8Array => sha256(contextBytes)
