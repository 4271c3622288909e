import type { Client } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import type { ChatRow } from './engine-state.ts'
import { sentFields } from './sent-fields.ts'

/** The facts of a chat's row that its record does not have. */
export type ChatExtras = Pick<ChatRow, 'hasMention' | 'timerSeconds'>

/** The first unread lines in which a mention is looked for. */
const searchedLines = 100

/** Reads what a chat's row tells beside its record. */
export async function readChatExtras(client: Client, conversation: ConversationId): Promise<ChatExtras> {
  const seconds = await client.messages.timer(conversation)
  return {
    ...(seconds > 0 && { timerSeconds: seconds }),
    ...((await hasMention(client, conversation)) && { hasMention: true as const }),
  }
}

/** Returns whether one of the first unread messages of a group names this person. */
async function hasMention(client: Client, conversation: ConversationId): Promise<boolean> {
  const { record, firstUnread } = client.conversation(conversation)
  if (record.kind !== 'group' || firstUnread === undefined) return false
  const names = { me: client.identity.userId, nameOf: (userId: UserId) => client.pins.nameOf(userId) }
  const unread = await client.entriesAfter(conversation, firstUnread - 1, searchedLines)
  return unread.some(({ from, payload }) => from !== names.me && sentFields(payload, names).isForMe === true)
}
