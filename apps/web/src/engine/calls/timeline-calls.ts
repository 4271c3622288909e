import type { Client } from '@fastchat/client'
import type { Handlers } from '../call.ts'
import type { Timeline } from '../line.ts'
import { readTimeline, type TimelinePlace } from '../read-timeline.ts'

export type TimelineCalls = {
  /** Reads lines before, after or around a position, or the latest ones with those not sent yet. */
  timeline: { input: TimelinePlace; result: Timeline }
}

export const timelineCalls = (client: Client): Handlers<TimelineCalls> => ({
  timeline: async (place) => await readTimeline(client, place),
})
