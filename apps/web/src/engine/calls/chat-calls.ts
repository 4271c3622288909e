import type { Client } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Person } from '../engine-state.ts'

export type ChatCalls = {
  findPeople: { input: { query: string }; result: readonly Person[] }
  openDirect: { input: { userId: UserId }; result: ConversationId }
  createGroup: { input: { id: ConversationId; name: string; users: readonly UserId[] }; result: ConversationId }
  markRead: { input: { conversation: ConversationId; seq: number } }
  acceptChat: { input: { conversation: ConversationId } }
  /** Connects now, without waiting for the next try. */
  retryNow: { input: Record<string, never> }
}

/** The most people that one search shows. */
const maxFound = 50

export const chatCalls = (client: Client): Handlers<ChatCalls> => ({
  findPeople: async ({ query }) => {
    const users = await client.users(query === '' ? undefined : query)
    const others = users.filter(({ userId }) => userId !== client.identity.userId)
    return others.slice(0, maxFound).map(({ userId, username }) => ({ userId, name: username }))
  },
  openDirect: async ({ userId }) => (await client.openDirect(userId)).id,
  createGroup: async ({ id, name, users }) => (await client.createGroup(name, users, id)).id,
  markRead: async ({ conversation, seq }) => await client.conversation(conversation).markRead(seq),
  acceptChat: async ({ conversation }) => await client.people.accept(conversation),
  retryNow: async () => client.connection.retryNow(),
})
