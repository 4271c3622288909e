import { type Payload, payloads } from '@fastchat/schema'
import type { ChatNotes } from './chat-notes.ts'

/** Returns a message with the time after which it disappears, if the chat has a timer. */
export function withTimer(payload: Payload, { timer }: ChatNotes): Payload {
  const mayExpire = Object.hasOwn(payloads, payload.kind) && 'expires' in payloads[payload.kind].properties
  if (!mayExpire || !timer?.seconds) return payload
  return { expires: timer.seconds, ...payload } as Payload
}
