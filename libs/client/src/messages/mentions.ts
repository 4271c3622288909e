import { maxMentions, type UserId } from '@fastchat/schema'

/** A name with @ that stands by itself: no part of an address. */
const named = /(?<![\p{L}\p{N}_.@-])@([a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)/giu

type Member = { readonly userId: UserId }
type Names = { nameOf(userId: UserId): string }

/**
 * Returns the members whom a text names with @. Only members are meant: a message reaches no one
 * else.
 */
export function mentionsIn(text: string, members: readonly Member[], directory: Names): UserId[] {
  const names = new Set([...text.matchAll(named)].map(([, name = '']) => name.toLowerCase()))
  if (names.size === 0) return []
  const isNamed = ({ userId }: Member) => names.has(directory.nameOf(userId).toLowerCase())
  return members
    .filter(isNamed)
    .map(({ userId }) => userId)
    .slice(0, maxMentions)
}
