import type { CannotProcess, Unfollowed } from '@fastchat/crypto'
import {
  type GroupInfoRefusal,
  HandshakeError,
  isAdmin,
  readGroupInfo,
  refusalOfGroupInfo,
} from '@fastchat/crypto/verify'
import { chatOperations, fromBase64Url, type LogEntry } from '@fastchat/schema'
import { isPermanent, ServerError } from '../errors.ts'
import type { Entry, TroubleEvent } from '../store/records.ts'
import type { Context } from './context.ts'
import type { View } from './reading.ts'

/**
 * The line about a commit that this device cannot follow, or undefined where there is nobody to tell of.
 *
 * The tags of a commit are not signed: a server could change them for one device, to have an innocent author removed. So the author is
 * named only for what they signed: the membership tag holds, and the confirmation tag is that of the GroupInfo which the author signed
 * for that epoch. Somebody who joins from outside is never named.
 *
 * @throws what is thrown when the server does not answer
 */
export async function blameFor(
  context: Context,
  view: View,
  entry: LogEntry,
  { code, unfollowed }: CannotProcess,
): Promise<Entry | undefined> {
  if (code === 'bad_signature' || code === 'bad_membership_tag') return lineOf(entry, altered)
  if (unfollowed === undefined) return undefined
  const isByMember = unfollowed.commit.handshake.sender.type === 'member'
  const refusal = await refusalOfOffer(context, entry, unfollowed)
  if (refusal === 'other_tag') return lineOf(entry, altered)
  if (!isByMember) return undefined
  // The path is signed. The GroupInfo of that epoch is gone as soon as somebody else has come in again.
  if (refusal === undefined || code === 'bad_path') return authorLine(context, view, entry, unfollowed)
  return lineOf(entry, altered)
}

const altered: TroubleEvent = { kind: 'trouble', code: 'altered_on_the_way' }

/** The line that a commit was changed between its author and this device. */
export const alteredLine = (entry: LogEntry): Entry => lineOf(entry, altered)

/** How the GroupInfo that the server offers now differs from one that the author signed for just this commit. */
async function refusalOfOffer(
  { api }: Context,
  { conversation }: LogEntry,
  { commit, committer, group }: Unfollowed,
): Promise<GroupInfoRefusal | 'none' | undefined> {
  try {
    const { groupInfo } = await api.call(chatOperations.groupInfo, { params: { conversation } })
    return await refusalOfGroupInfo(group, readGroupInfo(fromBase64Url(groupInfo)), { commit, committer })
  } catch (error) {
    if (error instanceof HandshakeError || error instanceof ServerError || isPermanent(error)) return 'none'
    throw error
  }
}

/** An admin is offered to remove the author; nothing is removed without them. */
function authorLine({ identity }: Context, { record, group }: View, entry: LogEntry, { committer }: Unfollowed): Entry {
  const { userId, deviceId } = committer
  const isOffered =
    group?.roster.kind === 'group' && userId !== identity.userId && isAdmin(group.roster, identity.userId)
  const event: TroubleEvent = {
    ...{ kind: 'trouble', code: 'unfollowable_commit' },
    ...(isOffered && { mayRemove: true }),
  }
  return { ...lineOf(entry, event), conversation: record.conversation, from: userId, device: deviceId }
}

const lineOf = ({ conversation, seq, at }: LogEntry, event: TroubleEvent): Entry => ({
  ...{ conversation, seq, at, type: 'system', event },
})
