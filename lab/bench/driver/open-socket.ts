import { type ServerFrame, subprotocol } from '@fastchat/schema'
import type { FastChatPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import { openWebSocket, type Wire } from './web-socket.ts'

export type FastChatEvents = {
  /** Takes the bytes of a log entry. Returns true if they are known, and need not be parsed. */
  known?(payload: Buffer): boolean
  /** Takes any other frame except those that belong to connecting. */
  frame(frame: ServerFrame, payload: Buffer): void
}

/**
 * Connects to a pod and resolves when the pod has sent the whole backlog. A close at any time, and
 * any error, is a fault. `whenOpen` is called before any frame can arrive.
 */
export async function openSocket(
  { url, token }: FastChatPlan,
  { known, frame: onFrame }: FastChatEvents,
  faults: Faults,
  whenOpen: (wire: Wire) => void = () => {},
): Promise<Wire> {
  const synced = Promise.withResolvers<void>()
  const fail = (what: string) => {
    faults.add(what)
    synced.reject(new Error(what))
  }
  // The rejection is handled below. Until then it must not count as unhandled.
  synced.promise.catch(() => {})
  const wire = await openWebSocket(
    { url, subprotocol },
    {
      received: (payload) => {
        if (known?.(payload)) return
        // A pod sends only its frames.
        const frame = JSON.parse(payload.toString('latin1')) as ServerFrame
        if (frame.t === 'synced') synced.resolve()
        else if (frame.t === 'error' || frame.t === 'gap' || frame.t === 'welcome') fail(JSON.stringify(frame))
        else onFrame(frame, payload)
      },
      broken: fail,
    },
  )
  whenOpen(wire)
  wire.sendText(JSON.stringify({ t: 'hello', id: 'hello', token }))
  await synced.promise
  return wire
}
