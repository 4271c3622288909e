import type { UserId } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'
import type { Context } from './context.ts'

/** The people whose profiles are read at once. */
const atOnce = 20

/**
 * Returns what belongs to the account beside the lines of its chats. That is the account with its
 * profile and devices, the people it knows, its chats with members, marks and drafts, and its
 * settings.
 */
export async function exportDocuments(
  chat: Chat,
  { isOffline, signal }: { readonly isOffline: boolean; readonly signal: Context['signal'] },
): Promise<Readonly<Record<string, unknown>>> {
  const { userId, username } = await chat.whoami()
  const [chats, blocked] = [await chat.chats(), await chat.blocked()]
  const usernames = new Map<UserId, string>()
  for (const { userId: id, username: name } of [...chats.flatMap(({ members }) => members), ...blocked])
    if (id !== userId) usernames.set(id, name)
  const isBlocked = new Set(blocked.map((person) => person.userId))
  const people: object[] = []
  const all = [...usernames]
  for (let at = 0; at < all.length; at += atOnce) {
    signal.throwIfAborted()
    const some = all.slice(at, at + atOnce).map(async ([id, name]) => ({
      ...{ userId: id, username: name, isBlocked: isBlocked.has(id) },
      ...(await chat.profile({ userId: id })),
    }))
    people.push(...(await Promise.all(some)))
  }
  const pictures = await Promise.all(
    chats.map(async (one) => ({
      ...one,
      ...(one.hasPicture && { picture: await chat.picture({ conversation: one.conversation }) }),
    })),
  )
  return {
    account: {
      ...{ v: 1, userId, username, profile: await chat.profile({ userId }) },
      ...(!isOffline && { devices: await chat.devices() }),
    },
    people,
    chats: pictures,
    settings: { privacy: await chat.privacy({}) },
  }
}
