import { type Client, ClientError } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'

/** How this account treats a chat. Its other devices learn it, and nobody else. */
export type ChatMark =
  | { readonly kind: 'pin' | 'unpin' | 'archive' | 'unarchive' | 'unread' | 'read' }
  /** `null` mutes without an end, and an absent time ends the mute. */
  | { readonly kind: 'mute'; readonly until?: number | null }

export type ChatMarkCalls = {
  markChat: { input: { conversation: ConversationId; mark: ChatMark } }
  /** Keeps the draft of a chat. The result is false for one that is too long to be kept. */
  keepDraft: { input: { conversation: ConversationId; text: string }; result: boolean }
}

export const chatMarkCalls = (client: Client): Handlers<ChatMarkCalls> => ({
  markChat: async ({ conversation, mark }) => await markChat(client, conversation, mark),
  keepDraft: async ({ conversation, text }) => {
    try {
      await client.own.setDraft(conversation, text)
      return true
    } catch (error) {
      if (error instanceof ClientError && error.code === 'too_large') return false
      throw error
    }
  },
})

async function markChat({ own }: Client, id: ConversationId, mark: ChatMark): Promise<void> {
  switch (mark.kind) {
    case 'pin':
      return await own.pin(id)
    case 'unpin':
      return await own.unpin(id)
    case 'archive':
      return await own.archive(id)
    case 'unarchive':
      return await own.unarchive(id)
    case 'unread':
      return await own.markUnread(id)
    case 'read':
      return await own.markUnread(id, false)
    case 'mute':
      return await own.mute(id, mark.until)
  }
}
