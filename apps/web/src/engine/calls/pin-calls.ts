import type { Client } from '@fastchat/client'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Line } from '../line.ts'
import { lineOf, namesOf } from '../lines.ts'

export type PinCalls = {
  /** Pins a message for all members, or ends that. */
  pinMessage: { input: { target: MessageId; isPinned: boolean; id: MessageId } }
  /** Returns the pinned messages of a chat that this device has, the last pinned first. */
  pinnedLines: { input: { conversation: ConversationId }; result: readonly Line[] }
  /** Sets the time after which new messages of a chat disappear; 0 for never. */
  setTimer: { input: { conversation: ConversationId; seconds: number; id: MessageId } }
}

export const pinCalls = (client: Client): Handlers<PinCalls> => ({
  pinMessage: async ({ target, isPinned, id }) => await client.messages.pin(target, isPinned, id),
  pinnedLines: async ({ conversation }) => {
    const names = namesOf(client, conversation)
    return (await client.messages.pins(conversation)).map((entry) => lineOf(entry, names))
  },
  setTimer: async ({ conversation, seconds, id }) => await client.messages.setTimer(conversation, seconds, id),
})
