import type { Context } from '../conversation/context.ts'
import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { PeopleHooks } from './people-hooks.ts'

/**
 * Returns a result without what a blocked person wrote in the direct chat: the position was read,
 * and nothing of it is kept or counted. What they take back, and the timer of the chat, still
 * count, so that all devices of the chat agree.
 */
export function withoutUnseen(people: Pick<PeopleHooks, 'isUnseen'>, before: Snapshot, result: ReadResult): ReadResult {
  const { record, operation } = result
  const keeps = operation?.payload.kind === 'delete' || operation?.payload.kind === 'timer'
  const isDropped = (entry: Entry) =>
    (entry.type === 'message' || (operation !== undefined && !keeps)) && people.isUnseen(record, entry)
  if (!result.entries.some(isDropped)) return result
  const { operation: _, ...rest } = result
  const entries = result.entries.map((entry): Entry => (isDropped(entry) ? markOf(entry) : entry))
  return { ...rest, record: { ...record, lastAt: before.record.lastAt }, entries }
}

function markOf({ conversation, seq, at, id, from, device }: Entry): Entry {
  return {
    ...{ type: 'mark', conversation, seq, at },
    ...(id !== undefined && { id }),
    ...(from !== undefined && { from }),
    ...(device !== undefined && { device }),
  }
}

/**
 * Returns a result with its effects on the people in the chat. A message of this person, from any
 * of their devices, accepts the chat. The added person does not have the card of this user.
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
