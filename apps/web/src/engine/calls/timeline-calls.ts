import type { Client } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Timeline } from '../line.ts'
import { lineOf, namesOf } from '../lines.ts'
import { unsentLines } from '../unsent-lines.ts'

export type TimelineCalls = {
  /** Reads lines before a position or around it, or the latest ones with those not sent yet. */
  timeline: {
    input: { conversation: ConversationId; limit: number; before?: number; around?: number; to?: number }
    result: Timeline
  }
}

/** The most lines of one answer. */
const maxLines = 200

export const timelineCalls = (client: Client): Handlers<TimelineCalls> => ({
  timeline: async ({ conversation, limit, before, around, to }) => {
    const count = Math.min(limit, maxLines)
    const { firstUnread } = client.conversation(conversation)
    // One more than asked for tells whether there are older ones.
    const entries =
      around === undefined
        ? await client.history(conversation, count + 1, before)
        : await client.around(conversation, around, count + 1)
    const upTo = to === undefined ? entries : entries.filter(({ seq }) => seq <= to)
    const hasOlder = entries.length > count
    const names = namesOf(client, conversation)
    const lines = upTo.slice(hasOlder ? 1 : 0).map((entry) => lineOf(entry, names))
    const last = lines.at(-1)?.seq ?? 0
    const hasNewer =
      before !== undefined || (around !== undefined && (await client.entriesAfter(conversation, last, 1)).length > 0)
    const queued = hasNewer ? [] : await unsentLines(client, conversation, new Set(lines.map(({ key }) => key)))
    return {
      ...{ conversation, hasOlder, hasNewer, lines: [...lines, ...queued] },
      ...(firstUnread !== undefined && { firstUnread }),
    }
  },
})
