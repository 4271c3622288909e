import type { Client } from '@fastchat/client'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'

export type MessageCalls = {
  send: { input: { conversation: ConversationId; id: MessageId; text: string; replyTo?: MessageId } }
  retryFailed: { input: { id: MessageId } }
  discardFailed: { input: { id: MessageId } }
  edit: { input: { target: MessageId; text: string; id: MessageId } }
  remove: { input: { target: MessageId; isForAll: boolean; id: MessageId } }
  react: { input: { target: MessageId; emoji: string; isRemoved: boolean; id: MessageId } }
  /** This person is typing, or has stopped. */
  typing: { input: { conversation: ConversationId; isOver: boolean } }
}

export const messageCalls = (client: Client): Handlers<MessageCalls> => ({
  send: async ({ conversation, id, text, replyTo }) => {
    const payload = client.messages.compose(conversation, { text, ...(replyTo !== undefined && { replyTo }) })
    await client.conversation(conversation).outbox.queue(id, payload)
  },
  retryFailed: async ({ id }) => {
    await client.failed.retry(id)
  },
  discardFailed: async ({ id }) => await client.failed.discard(id),
  edit: async ({ target, text, id }) => {
    await client.messages.edit(target, text, id)
  },
  remove: async ({ target, isForAll, id }) => {
    if (isForAll) await client.messages.deleteForEveryone(target, id)
    else await client.messages.deleteForMe([target])
  },
  react: async ({ target, emoji, isRemoved, id }) => {
    await client.messages.react(target, emoji, { remove: isRemoved, id })
  },
  typing: async ({ conversation, isOver }) => {
    const { typing } = client.signals
    if (isOver) typing.end(conversation)
    else typing.type(conversation)
  },
})
