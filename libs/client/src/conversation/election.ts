import { signVote } from '@fastchat/crypto'
import {
  electorateOf,
  holdersOf,
  isVoteSigned,
  type Office,
  officeFor,
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

/**
 * Returns how the election for an office stands, going by the votes that this device has read.
 */
export function electionState(record: Counted, office: Office): ElectionState {
  const roster = rosterOfRecord(record)
  return { votes: countedVotes(record, office).length, needed: votesNeeded(roster, record.departed, office) }
}

/** Says whether enough votes were read for a user to commit the election in which they vote. */
export function isElectionDue(record: Counted, userId: UserId): boolean {
  const office = officeFor(rosterOfRecord(record), userId)
  if (record.kind !== 'group' || office === undefined || !record.votes?.length) return false
  const { votes, needed } = electionState(record, office)
  return votes >= needed
}

/** Returns the votes to put into the commit: those of members who may still vote. */
export function votesToCommit(record: Counted, office: Office): Vote[] {
  return countedVotes(record, office).map(({ sig, ...voter }) => ({ ...voter, sig: fromBase64Url(sig) }))
}

function countedVotes({ votes = [], ...record }: Counted, office: Office): StoredVote[] {
  const electorate = electorateOf(rosterOfRecord(record), record.departed, office)
  return votes.filter(({ userId }) => electorate.includes(userId))
}

/**
 * Returns this device's vote as a payload: an admin's about the owner, a member's about the admins.
 * Asks the directory first whether their accounts are deleted. A server that lies about it gets the
 * vote of the person who was asked, and no election without more than half of the votes.
 *
 * @throws {ClientError} `not_a_member`, `admin_present`
 */
export async function castVote(context: Context, { record, group }: Snapshot): Promise<VotePayload> {
  if (!group?.isMember || record.status !== 'active')
    throw new ClientError('not_a_member', 'You are not a member of this conversation')
  const { identity, pins } = context
  const { roster, conversation, groupNo } = group
  if (roster.kind === 'direct') throw new ClientError('admin_present', 'A direct chat has no admins')
  const office = officeFor(roster, identity.userId)
  if (office === undefined) throw new ClientError('admin_present', 'You can make the changes of an admin yourself')
  const holders = holdersOf(roster, office)
  const { users } = await context.api.call(authOperations.lookUpUsers, { body: { userIds: holders } })
  const present = holders.filter((holder) => !users.some(({ userId, deleted }) => userId === holder && deleted))
  if (present.length > 0)
    throw new ClientError(
      'admin_present',
      presentWords(
        office,
        present.map((id) => pins.nameOf(id)),
      ),
    )
  const { sig } = signVote(identity, { conversation, groupNo, roster })
  return { v: 1, kind: 'vote', sig: toBase64Url(sig) }
}

function presentWords(office: Office, names: readonly string[]): string {
  const is =
    office === 'owner'
      ? 'owns this group'
      : names.length === 1
        ? 'is an admin of this group'
        : 'are admins of this group'
  return `${names.join(', ')} ${is} and ${names.length === 1 ? 'has' : 'have'} an account: ask them`
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
  const office = officeFor(roster, from)
  const isCounted =
    leaf !== undefined &&
    office !== undefined &&
    electorateOf(roster, record.departed, office).includes(from) &&
    (await isVoteSigned({ conversation, groupNo, roster }, { ...vote, sig: bytesOf(vote.sig) }, leaf.signatureKey))
  if (!isCounted) return { record, group, entries: [] }
  const votes = [...(record.votes ?? []).filter(({ userId }) => userId !== from), vote]
  const counted = { ...record, votes, lastAt: at }
  const state = electionState(counted, office)
  const event: SystemEvent = { kind: 'voted', ...state, ...(office === 'owner' && { office }) }
  return { record: counted, group, entries: [{ conversation, seq, at, type: 'system', from, device, event }] }
}

function bytesOf(sig: string): Uint8Array {
  try {
    return fromBase64Url(sig)
  } catch {
    return new Uint8Array()
  }
}

/** Returns the line of an election, for a commit by somebody who voted in it. */
export function electionIn(
  before: Roster,
  after: Roster,
  departed: readonly UserId[],
  committer: UserId,
): SystemEvent | undefined {
  const office = officeFor(before, committer)
  if (office === undefined) return undefined
  const removed = holdersOf(before, office).filter((userId) => !departed.includes(userId))
  if (removed.length === 0 || !sameRoster(after, rosterAfterElection(before, departed, office))) return undefined
  return { kind: 'elected', users: holdersOf(after, office), removed, ...(office === 'owner' && { office }) }
}
