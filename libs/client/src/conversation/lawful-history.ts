import { CannotJoin } from '@fastchat/crypto'
import {
  applyCommit,
  HandshakeError,
  judgeCommit,
  momentOf,
  type PublicGroup,
  readCommit,
  readGroupInfo,
  verifyPublicGroup,
} from '@fastchat/crypto/verify'
import {
  type ConversationId,
  chatOperations,
  fromBase64Url,
  type LogEntry,
  limits,
  type UserId,
} from '@fastchat/schema'
import type { Context } from './context.ts'
import { departureIn } from './departures.ts'
import type { View } from './read-entry.ts'

/** Pages of handshakes that one way back into a group may take: 100 000 changes of it. */
const maxPages = 500

/**
 * The public group of a GroupInfo that the server offers, checked as far as its own signatures go.
 *
 * @throws CannotJoin `malformed`, `unlawful`
 */
export async function readOffer(groupInfo: Uint8Array): Promise<PublicGroup> {
  try {
    return await verifyPublicGroup(readGroupInfo(groupInfo))
  } catch (cause) {
    if (cause instanceof HandshakeError) throw new CannotJoin('unlawful', { cause })
    throw cause
  }
}

/**
 * Refuses a group that does not follow from the last state which this device holds lawful: that state, advanced over every handshake
 * since, must be the offered one to the byte. So neither a GroupInfo of somebody's making nor an old one leads a device astray.
 *
 * A device that holds no state of this group number has nothing to compare with: a first entry, or one after it was removed.
 *
 * @throws CannotJoin `other_history`, `unlawful`
 * @throws what the server throws when it can't be asked
 */
export async function refuseOtherHistory(context: Context, view: View, offered: PublicGroup): Promise<void> {
  const { record, group } = view
  const { groupNo, epoch } = momentOf(offered)
  if (!group?.isMember || group.groupNo !== groupNo) return
  let known = group.publicGroup
  let departed: readonly UserId[] = record.departed
  for await (const entry of handshakesAfter(
    context,
    record.conversation,
    (record.brokenAt ?? record.joinedSeq + 1) - 1,
  )) {
    if (momentOf(known).epoch >= epoch) break
    const envelope = fromBase64Url(entry.envelope ?? '')
    if (entry.kind === 'leave') {
      const leaver = await departureIn(envelope, known, context)
      if (leaver !== undefined) departed = [...departed, leaver]
      continue
    }
    const commit = readOrRefuse(envelope)
    const { handshake } = commit
    // Read before this device broke, or of a group before or after this one.
    if (handshake.groupNo !== groupNo || handshake.epoch < momentOf(known).epoch) continue
    const applied = await applyCommit(known, commit, (state, committer) =>
      judgeCommit({ handshake, committer, state, departed, revoked: [], isReplay: true }),
    )
    if (!applied.ok) throw new CannotJoin('unlawful', { cause: new Error(applied.reason) })
    known = applied.group
    departed = departed.filter((one) => known.roster.members.some((member) => member.userId === one))
  }
  if (!sameState(known, offered)) throw new CannotJoin('other_history')
}

const sameState = (a: PublicGroup, b: PublicGroup): boolean =>
  a.contextBytes.length === b.contextBytes.length && a.contextBytes.every((byte, at) => byte === b.contextBytes[at])

function readOrRefuse(envelope: Uint8Array) {
  try {
    return readCommit(envelope)
  } catch (cause) {
    if (cause instanceof HandshakeError) throw new CannotJoin('unlawful', { cause })
    throw cause
  }
}

/** Commits and leave statements after a position, oldest first, each whole. */
async function* handshakesAfter(
  { api }: Context,
  conversation: ConversationId,
  after: number,
): AsyncGenerator<LogEntry> {
  let last = after
  for (let page = 0; page < maxPages; page++) {
    const { entries } = await api.call(chatOperations.listMessages, {
      params: { conversation },
      // A position that was read, or 0.
      query: { after: last as LogEntry['seq'], limit: limits.maxPage, only: 'handshakes' },
    })
    for (const entry of entries) {
      const params = { conversation, seq: entry.seq }
      yield entry.envelope === undefined ? await api.call(chatOperations.getMessage, { params }) : entry
      last = entry.seq
    }
    if (entries.length === 0) return
  }
  throw new CannotJoin('other_history', { cause: new Error('too many handshakes to follow') })
}
