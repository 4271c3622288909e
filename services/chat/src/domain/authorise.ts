import type { ConversationKind, ErrorCode } from '@fastchat/schema'
import type { Interval } from './intervals.ts'
import type { ConversationKey } from './ports.ts'

/** Where a session stands with one conversation: all that its rights there follow from. */
export type Standing = {
  readonly key: ConversationKey
  readonly kind: ConversationKind
  /** 0 until the first commit. */
  readonly groupNo: number
  readonly lastSeq: number
  readonly floorSeq: number
  /** The user is in the roster. */
  readonly isMember: boolean
  /** The member has left; the next commit removes them. */
  readonly hasDeparted: boolean
  /** The conversation has no group yet, and the user may create it. */
  readonly mayCreate: boolean
  /** What the device's leaves, present and past, let it receive. */
  readonly intervals: readonly Interval[]
}

/** `see`: who belongs to it. `join`: its group info. `receive`: entries, as far as the intervals go. The rest by their names. */
export type Need = 'see' | 'commit' | 'join' | 'leave' | 'welcome' | 'receive'

/**
 * The one place that says who may do what with a conversation; undefined when it is allowed. What is not allowed here is not
 * allowed. Who has nothing to do with a conversation, or no more, does not learn that there is one: `not_found`. What a commit may
 * change is judged later, from its bytes.
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
 * Up to which position the device may have all commits, leave statements and revocations, also those from before its own leaf; undefined: only what
 * its leaves let it receive. A new device of a member follows the group from where its account's other devices have been. Who is a member
 * now, and stays one, is shown them; `lastSeq` is of the same moment, so what comes after a removal is not among them.
 */
export function handshakesUpTo({ isMember, hasDeparted, lastSeq }: Standing): number | undefined {
  return isMember && !hasDeparted ? lastSeq : undefined
}
