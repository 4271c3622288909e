import type { ConversationKind, ErrorCode } from '@fastchat/schema'
import type { Interval } from './intervals.ts'
import type { ConversationKey } from './ports.ts'

/** The standing of a session in one conversation. Its rights there follow from nothing else. */
export type Standing = {
  readonly key: ConversationKey
  readonly kind: ConversationKind
  /** The number of the group, 0 until the first commit. */
  readonly groupNo: number
  readonly lastSeq: number
  readonly floorSeq: number
  /** Whether the user is in the roster. */
  readonly isMember: boolean
  /** Whether the member has left. The next commit removes them. */
  readonly hasDeparted: boolean
  /** Whether the conversation has no group yet and the user may create it. */
  readonly mayCreate: boolean
  /** The entries that the device's leaves, present and past, let it receive. */
  readonly intervals: readonly Interval[]
}

/**
 * The right that a request needs. `see` covers the members, `join` the group info, `receive` the
 * entries within the intervals.
 */
export type Need = 'see' | 'commit' | 'join' | 'leave' | 'welcome' | 'receive'

/**
 * Returns why a session lacks a right, or undefined if it has it. All rights in a conversation are
 * decided here. A session without any standing gets `not_found`, so it does not learn that the
 * conversation exists. The content of a commit is judged later, from its bytes.
 */
export function refusalOf(standing: Standing | undefined, need: Need): ErrorCode | undefined {
  if (standing === undefined) return 'not_found'
  const { isMember, hasDeparted, mayCreate, intervals } = standing
  switch (need) {
    case 'see':
      return isMember || mayCreate ? undefined : 'not_found'
    case 'commit':
      if (hasDeparted) return 'forbidden'
      return isMember || mayCreate ? undefined : 'not_found'
    case 'join':
      if (hasDeparted) return 'forbidden'
      return isMember ? undefined : 'not_found'
    case 'leave':
      return isMember ? undefined : 'not_found'
    case 'welcome':
      return intervals.length > 0 ? undefined : 'not_found'
    case 'receive':
      return isMember || intervals.length > 0 ? undefined : 'not_found'
    default:
      return need satisfies never
  }
}

/**
 * Returns the last position up to which the device may read all commits, leave statements and
 * revocations, even those from before its own leaf. Undefined if only its leaves decide. A new
 * device of a member needs them to follow the group from where the account's other devices have
 * been. Only a current member who has not left may read them. `lastSeq` was read together with the
 * membership, so entries after a removal are not included.
 */
export function handshakesUpTo({ isMember, hasDeparted, lastSeq }: Standing): number | undefined {
  return isMember && !hasDeparted ? lastSeq : undefined
}
