import { signVote } from '@fastchat/crypto'
import {
  adminsOf,
  electorateOf,
  isAdmin,
  isVoteSigned,
  rosterAfterElection,
  sameRoster,
  type Vote,
  votesNeeded,
} from '@fastchat/crypto/verify'
import { authOperations, fromBase64Url, type Payload, type Roster, toBase64Url, type UserId } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { rosterOfRecord } from '../groups/roster-of-record.ts'
import type { ConversationRecord, Entry, StoredVote, SystemEvent } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

type VotePayload = Extract<Payload, { kind: 'vote' }>
type Counted = Pick<ConversationRecord, 'kind' | 'members' | 'policies' | 'banned' | 'departed' | 'votes'>

/** How an election stands: the votes that count, and how many elect. */
export type ElectionState = { readonly votes: number; readonly needed: number }

/** Returns how the election in a group stands, going by the votes that this device has read. */
export function electionState(record: Counted): ElectionState {
  const roster = rosterOfRecord(record)
  return { votes: countedVotes(record).length, needed: votesNeeded(roster, record.departed) }
}

/** Says whether enough votes were read for a member to commit the election. */
export function isElectionDue(record: Counted): boolean {
  if (record.kind !== 'group' || !record.votes?.length) return false
  const { votes, needed } = electionState(record)
  return votes >= needed
}

/** Returns the votes to put into the commit: those of members who may still vote. */
export function votesToCommit(record: Counted): Vote[] {
  return countedVotes(record).map(({ sig, ...voter }) => ({ ...voter, sig: fromBase64Url(sig) }))
}

function countedVotes({ votes = [], ...record }: Counted): StoredVote[] {
  const electorate = electorateOf(rosterOfRecord(record), record.departed)
  return votes.filter(({ userId }) => electorate.includes(userId))
}

/**
 * Returns this device's vote as a payload. Asks the directory first whether the admins' accounts
 * are deleted. A server that lies about it gets the vote of the person who was asked, and no
 * election without the votes of more than half of the others.
 *
 * @throws {ClientError} `not_a_member`, `admin_present`
 */
export async function castVote(context: Context, { record, group }: Snapshot): Promise<VotePayload> {
  if (!group?.isMember || record.status !== 'active')
    throw new ClientError('not_a_member', 'You are not a member of this conversation')
  const { identity, pins } = context
  const { roster, conversation, groupNo } = group
  if (roster.kind === 'direct') throw new ClientError('admin_present', 'A direct chat has no admins')
  if (isAdmin(roster, identity.userId)) throw new ClientError('admin_present', 'You are an admin of this group')
  const admins = adminsOf(roster)
  const { users } = await context.api.call(authOperations.lookUpUsers, { body: { userIds: admins } })
  const present = admins.filter((admin) => !users.some(({ userId, deleted }) => userId === admin && deleted))
  if (present.length > 0) {
    const names = present.map((userId) => pins.nameOf(userId)).join(', ')
    const has = present.length === 1 ? 'is an admin of this group and has' : 'are admins of this group and have'
    throw new ClientError('admin_present', `${names} ${has} an account: ask them`)
  }
  const { sig } = signVote(identity, { conversation, groupNo, roster })
  return { v: 1, kind: 'vote', sig: toBase64Url(sig) }
}

/** Counts a member's vote, if it is one on the present roster; otherwise nothing is counted. */
export async function readVote(
  { record, group }: Snapshot & { readonly group: NonNullable<Snapshot['group']> },
  { conversation, seq, at }: Pick<Entry, 'conversation' | 'seq' | 'at'>,
  vote: StoredVote,
): Promise<ReadResult> {
  const { roster, groupNo } = group
  const { userId: from, deviceId: device } = vote
  const leaf = group.members().find(({ deviceId }) => deviceId === device)
  const isCounted =
    leaf !== undefined &&
    electorateOf(roster, record.departed).includes(from) &&
    (await isVoteSigned({ conversation, groupNo, roster }, { ...vote, sig: bytesOf(vote.sig) }, leaf.signatureKey))
  if (!isCounted) return { record, group, entries: [] }
  const votes = [...(record.votes ?? []).filter(({ userId }) => userId !== from), vote]
  const counted = { ...record, votes, lastAt: at }
  const event: SystemEvent = { kind: 'voted', ...electionState(counted) }
  return { record: counted, group, entries: [{ conversation, seq, at, type: 'system', from, device, event }] }
}

function bytesOf(sig: string): Uint8Array {
  try {
    return fromBase64Url(sig)
  } catch {
    return new Uint8Array()
  }
}

/** Returns the line of an election, for a commit by a member who was no admin. */
export function electionIn(
  before: Roster,
  after: Roster,
  departed: readonly UserId[],
  committer: UserId,
): SystemEvent | undefined {
  const admins = adminsOf(before).filter((userId) => !departed.includes(userId))
  const isElection =
    admins.length > 0 && !isAdmin(before, committer) && sameRoster(after, rosterAfterElection(before, departed))
  return isElection ? { kind: 'elected', users: adminsOf(after), removed: admins } : undefined
}
