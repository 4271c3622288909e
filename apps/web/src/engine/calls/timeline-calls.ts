import type { Client } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Timeline } from '../line.ts'
import { readTimeline } from '../read-timeline.ts'

export type TimelineCalls = {
  /**
   * Lines before, after or around a position, or the latest ones. Those that wait to be sent are at
   * the end. `upTo` leaves out what is behind that position.
   */
  timeline: {
    input: {
      conversation: ConversationId
      limit: number
      before?: number
      after?: number
      around?: number
      upTo?: number
    }
    result: Timeline
  }
}

export const timelineCalls = (client: Client): Handlers<TimelineCalls> => ({
  timeline: async (place) => await readTimeline(client, place),
})
