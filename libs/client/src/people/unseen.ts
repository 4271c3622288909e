import { maxUnseen, type PersonDecisions, type UnseenFrom, type UnseenMessages } from '@fastchat/schema'

type Place = Pick<UnseenFrom, 'conversation' | 'seq'>

/**
 * Returns whether a message of a person at a place of their direct chat was written while they were
 * blocked. It stays unseen after the block, on all devices of the account.
 */
export function isUnseen({ standing, unseen = [] }: PersonDecisions, { conversation, seq }: Place): boolean {
  if (standing?.is === 'blocked') {
    const { from } = standing
    return from?.conversation !== conversation || seq >= from.seq
  }
  return unseen.some((part) => part.conversation === conversation && part.from <= seq && seq <= part.to)
}

/**
 * Returns the unseen parts of a direct chat after a block ends. `chat` is the last position that
 * was read in it.
 */
export function unseenAfterBlock(
  { standing, unseen = [] }: PersonDecisions,
  chat: Place | undefined,
): readonly UnseenMessages[] {
  if (standing?.is !== 'blocked' || chat === undefined) return unseen
  const { conversation, seq: to } = chat
  // The cast holds because positions begin at 1.
  const first = 1 as UnseenMessages['from']
  const from = standing.from?.conversation === conversation ? standing.from.seq : first
  return from > to ? unseen : mergeUnseen(unseen, [{ conversation, from, to }])
}

/** Returns all parts of two lists, joined where they touch. The earliest go when there are many. */
export function mergeUnseen(
  first: readonly UnseenMessages[] = [],
  second: readonly UnseenMessages[] = [],
): readonly UnseenMessages[] {
  const sorted = [...first, ...second].toSorted(
    (a, b) => a.conversation.localeCompare(b.conversation, 'en') || a.from - b.from || a.to - b.to,
  )
  const joined: UnseenMessages[] = []
  for (const part of sorted) {
    const last = joined.at(-1)
    if (last?.conversation !== part.conversation || part.from > last.to + 1) joined.push(part)
    else if (part.to > last.to) joined[joined.length - 1] = { ...last, to: part.to }
  }
  return joined.slice(-maxUnseen)
}
