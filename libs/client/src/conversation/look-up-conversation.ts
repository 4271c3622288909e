import { type Conversation, type ConversationId, chatOperations } from '@fastchat/schema'
import { isTemporary } from '../errors.ts'
import { createBackoff, pause } from '../net/backoff.ts'
import type { Context } from './context.ts'

/**
 * Asks the server for a conversation. Frames for it wait meanwhile, so the request is retried as
 * long as the server may answer later.
 *
 * @throws {ServerError} `not_found` when the server does not show the conversation to this device
 */
export async function lookUpConversation(
  { api, connection, random, clock }: Pick<Context, 'api' | 'connection' | 'random' | 'clock'>,
  conversation: ConversationId,
): Promise<Conversation> {
  const backoff = createBackoff(random, clock)
  for (;;) {
    try {
      return await api.call(chatOperations.getConversation, { params: { conversation } })
    } catch (error) {
      // The next connection names the conversation again.
      if (!isTemporary(error) || !connection.isOnline) throw error
      await pause(backoff.next())
    }
  }
}
