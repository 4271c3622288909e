import type { Context } from '../conversation/context.ts'
import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { ConversationRecord } from '../store/records.ts'

/**
 * Returns a result with its effects on the people in the chat. A message of this person, from any
 * of their devices, accepts the chat. A person who is added does not have this person's card.
 */
export function withPeople(
  { identity, people }: Pick<Context, 'identity' | 'people'>,
  { record: before }: Snapshot,
  result: ReadResult,
): ReadResult {
  const { request, cardSent, ...record } = result.record
  const { card, entries, writes = [] } = result
  const me = identity.userId
  const isWaiting = request === true && !entries.some(({ type, from }) => type === 'message' && from === me)
  const ownCard = card?.from === me ? card.card.n : 0
  const sent = hasNewMembers(before, record) ? 0 : Math.max(cardSent ?? 0, ownCard)
  return {
    ...result,
    record: { ...record, ...(isWaiting && { request }), ...(sent > 0 && { cardSent: sent }) },
    ...(card && card.from !== me && { writes: [...writes, ...people.keepCard(card.from, card.card)] }),
  }
}

function hasNewMembers(before: Pick<ConversationRecord, 'members'>, { members }: Pick<ConversationRecord, 'members'>) {
  if (members === before.members) return false
  const former = new Set(before.members.map(({ userId }) => userId))
  return members.some(({ userId }) => !former.has(userId))
}
