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
import type { Snapshot } from './read-result.ts'

/**
 * Returns the line about a commit that this device cannot follow, or undefined when it names no
 * one.
 *
 * The tags of a commit are not signed, so a server could change them for one device to have an
 * innocent author removed. The author is therefore named only for what they signed: the membership
 * tag is valid, and the confirmation tag is that of the GroupInfo that the author signed for this
 * epoch. A device that joins from outside is never named.
 *
 * @throws the error of the request when the server does not answer
 */
export async function blameFor(
  context: Context,
  snapshot: Snapshot,
  entry: LogEntry,
  { code, unfollowed }: CannotProcess,
): Promise<Entry | undefined> {
  if (code === 'bad_signature' || code === 'bad_membership_tag') return lineOf(entry, altered)
  if (unfollowed === undefined) return undefined
  const isByMember = unfollowed.commit.handshake.sender.type === 'member'
  const refusal = await refusalOfOffer(context, entry, unfollowed)
  if (refusal === 'other_tag') return lineOf(entry, altered)
  if (!isByMember) return undefined
  // The path is signed, so no GroupInfo is needed. The GroupInfo of that epoch is gone as soon as
  // another device has joined from outside.
  if (refusal === undefined || code === 'bad_path') return authorLine(context, snapshot, entry, unfollowed)
  return lineOf(entry, altered)
}

const altered: TroubleEvent = { kind: 'trouble', code: 'altered_on_the_way' }

/** Returns the line that says that a commit was changed between its author and this device. */
export const alteredLine = (entry: LogEntry): Entry => lineOf(entry, altered)

/**
 * Returns how the GroupInfo that the server offers now differs from the one that the author signed
 * for this commit.
 */
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

/**
 * Returns the line that names the author. An admin may remove the author; the client removes no one
 * by itself.
 */
function authorLine(
  { identity }: Context,
  { record, group }: Snapshot,
  entry: LogEntry,
  { committer }: Unfollowed,
): Entry {
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
