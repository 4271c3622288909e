import { type Client, type Highlight, highlightsIn } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Line } from '../line.ts'
import { lineOf, namesOf, titleOf } from '../lines.ts'

/** A message that a search has found. */
export type FoundLine = {
  readonly conversation: ConversationId
  readonly title?: string
  readonly line: Line
  /** The found words of the line's text. */
  readonly highlights: readonly Highlight[]
}

export type SearchCalls = {
  /** Searches the history of this device, newest first. Without words it finds nothing. */
  search: { input: { words: string; conversation?: ConversationId }; result: readonly FoundLine[] }
  /** Returns the time of the oldest message that a search can find; 0 without messages. */
  searchedSince: { input: { conversation?: ConversationId }; result: number }
}

/** The most messages that one search shows. */
const maxFound = 50
/** The chats whose first message is looked at. */
const maxChats = 500

export const searchCalls = (client: Client): Handlers<SearchCalls> => ({
  search: async ({ words, conversation }) => {
    if (!/[\p{L}\p{N}]/u.test(words)) return []
    const { entries } = await client.search(words, {
      limit: maxFound,
      ...(conversation !== undefined && { in: conversation }),
    })
    return entries.map((entry) => {
      const names = namesOf(client, entry.conversation)
      const title = titleOf(client.conversation(entry.conversation).record, names.nameOf)
      const line = lineOf(entry, names)
      return {
        ...{ conversation: entry.conversation, line, highlights: highlightsIn(line.text, words) },
        ...(title !== undefined && { title }),
      }
    })
  },
  searchedSince: async ({ conversation }) => {
    const known = client.conversations().map((record) => record.conversation)
    const chats = conversation === undefined ? known.slice(0, maxChats) : [conversation]
    const firsts = await Promise.all(chats.map((chat) => client.entriesAfter(chat, 0, 1)))
    const times = firsts.flatMap(([first]) => first?.at ?? [])
    return times.length > 0 ? Math.min(...times) : 0
  },
})
