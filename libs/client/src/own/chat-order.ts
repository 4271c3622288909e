import type { Chat } from './chat-marks.ts'

/** Orders chats: pinned ones by rank, then the others by their last message, then archived ones. */
export function byPlace(a: Chat, b: Chat): number {
  if (a.isArchived !== b.isArchived) return a.isArchived ? 1 : -1
  if (a.rank !== undefined || b.rank !== undefined) {
    const [left, right] = [a.rank ?? Number.POSITIVE_INFINITY, b.rank ?? Number.POSITIVE_INFINITY]
    if (left !== right) return left - right
    if (a.rank !== undefined) return a.conversation < b.conversation ? -1 : 1
  }
  return b.lastAt - a.lastAt
}
