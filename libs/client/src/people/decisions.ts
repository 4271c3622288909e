import type { AccountStateContents, ChatDecision, PersonDecisions, Standing } from '@fastchat/schema'
import { mergeUnseen } from './unseen.ts'

/** The decisions of one account about people and chats, and its own card. */
export type Decisions = Required<Pick<AccountStateContents, 'people' | 'chats'>> & Pick<AccountStateContents, 'card'>

export const noDecisions: Decisions = { people: {}, chats: {} }

type Numbered = { readonly n: number }

/**
 * Returns both sides' decisions merged: of two about one thing the one with the higher number. With
 * equal numbers two devices decided at the same time. Then the safer one counts: a block, no mark,
 * and for the rest the same one on all devices.
 */
export function mergeDecisions(first: Partial<Decisions>, second: Partial<Decisions>): Decisions {
  const card = later(first.card, second.card, () => 0)
  return {
    people: mergeRecords(first.people, second.people, mergePerson),
    chats: mergeRecords(first.chats, second.chats, (a, b) => laterChat(a, b)),
    ...(card && { card }),
  }
}

/** Returns the decisions as fields of the account state. Empty ones are left out. */
export const sharedDecisions = ({ people, chats, card }: Decisions): Partial<Decisions> => ({
  ...(Object.keys(people).length > 0 && { people }),
  ...(Object.keys(chats).length > 0 && { chats }),
  ...(card && { card }),
})

const standingRank: Readonly<Record<Standing['is'], number>> = { blocked: 2, open: 1, accepted: 0 }

function mergePerson(first: PersonDecisions, second: PersonDecisions): PersonDecisions {
  const standing = later(first.standing, second.standing, ({ is }) => standingRank[is])
  const mark = later(first.mark, second.mark, ({ key }) => (key === undefined ? 1 : 0))
  const acceptedKey = later(first.acceptedKey, second.acceptedKey, () => 0)
  const unseen = mergeUnseen(first.unseen, second.unseen)
  return {
    ...second,
    ...first,
    ...(standing && { standing }),
    ...(mark && { mark }),
    ...(acceptedKey && { acceptedKey }),
    ...(unseen.length > 0 && { unseen: [...unseen] }),
  }
}

const chatRank: Readonly<Record<ChatDecision['is'], number>> = { accepted: 2, left: 1, forgotten: 0 }

/** Returns the decision that counts. With equal numbers the one that keeps the chat counts. */
const laterChat = (first: ChatDecision, second: ChatDecision): ChatDecision =>
  later(first, second, ({ is }) => chatRank[is]) ?? first

function later<T extends Numbered>(
  first: T | undefined,
  second: T | undefined,
  rank: (decision: T) => number,
): T | undefined {
  if (!first || !second) return first ?? second
  if (first.n !== second.n) return first.n > second.n ? first : second
  const order = rank(first) - rank(second)
  if (order !== 0) return order > 0 ? first : second
  return JSON.stringify(first) >= JSON.stringify(second) ? first : second
}

function mergeRecords<T>(
  first: Readonly<Record<string, T>> = {},
  second: Readonly<Record<string, T>> = {},
  merge: (first: T, second: T) => T,
): Record<string, T> {
  const merged: Record<string, T> = { ...first }
  for (const [id, decision] of Object.entries(second)) {
    const known = first[id]
    merged[id] = known === undefined ? decision : merge(known, decision)
  }
  return merged
}
