import { toBase64Url, type UserId } from '@fastchat/schema'
import type { Client } from '../client.ts'
import type { Chat } from '../own/chat-marks.ts'
import type { Profile } from '../people/cards.ts'

/**
 * Returns what belongs to an account beside the lines of its chats, as this device knows it: JSON
 * by name.
 */
export async function accountDocuments(client: Client): Promise<Readonly<Record<string, unknown>>> {
  const { userId, username, accountKey, deviceId } = client.identity
  const { people, pins, own, signals } = client
  const records = client.conversations()
  const ids = new Set<UserId>(records.flatMap(({ members }) => members.map((member) => member.userId)))
  for (const id of people.blocked()) ids.add(id)
  ids.delete(userId)
  const known = await Promise.all(
    [...ids].map(async (id) => ({
      ...{ userId: id, username: pins.nameOf(id), isBlocked: people.isBlocked(id), isVerified: people.isVerified(id) },
      profile: inJson(await people.profile(id)),
    })),
  )
  return {
    account: { v: 1, userId, username, accountKey, device: deviceId, profile: inJson(await people.profile(userId)) },
    people: known,
    chats: own.chats().map(chatDocument),
    settings: { ...signals.privacy.settings },
  }
}

/** The chat without what only this device needs of it. */
const chatDocument = ({ conversation, kind, name, topic, peer, status, members, policies, banned, ...chat }: Chat) => ({
  ...{ conversation, kind, name, topic, peer, status, members, policies, banned, lastAt: chat.lastAt },
  ...{ isMuted: chat.isMuted, mutedUntil: chat.mutedUntil, isArchived: chat.isArchived },
  ...{ isPinned: chat.rank !== undefined, draft: chat.draft },
})

const inJson = ({ picture, ...profile }: Profile) => ({ ...profile, ...(picture && { picture: toBase64Url(picture) }) })
