import type { Client } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Line } from '../line.ts'
import { lineOf, namesOf, titleOf } from '../lines.ts'

/** A message that a search has found. */
export type FoundLine = {
  readonly conversation: ConversationId
  readonly title?: string
  readonly line: Line
}

export type SearchCalls = {
  /** Searches the history of this device, newest first. Without words it finds nothing. */
  search: { input: { words: string; conversation?: ConversationId }; result: readonly FoundLine[] }
}

/** The most messages that one search shows. */
const maxFound = 50

export const searchCalls = (client: Client): Handlers<SearchCalls> => ({
  search: async ({ words, conversation }) => {
    if (words.trim() === '') return []
    const { entries } = await client.search(words, {
      limit: maxFound,
      ...(conversation !== undefined && { in: conversation }),
    })
    return entries.map((entry) => {
      const names = namesOf(client, entry.conversation)
      const title = titleOf(client.conversation(entry.conversation).record, names.nameOf)
      return {
        conversation: entry.conversation,
        line: lineOf(entry, names),
        ...(title !== undefined && { title }),
      }
    })
  },
})
