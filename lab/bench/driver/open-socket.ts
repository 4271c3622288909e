import { type ServerFrame, subprotocol } from '@fastchat/schema'
import type { FastChatPlan } from './calls.ts'
import type { Faults } from './faults.ts'
import { openWebSocket, type Wire } from './web-socket.ts'

export type FastChatEvents = {
  /** An entry of a log, in a frame as it came. True if the bytes were known, so that nobody needs to read them. */
  known?(payload: Buffer): boolean
  /** Any other frame but those that belong to connecting. */
  frame(frame: ServerFrame, payload: Buffer): void
}

/**
 * Says hello to a pod and resolves when it has told all that was missed. A close at any time, and any error, is a fault.
 * `whenOpen`: before anything can have come.
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
  // Handled below; until then it must not count as unheard.
  synced.promise.catch(() => {})
  const wire = await openWebSocket(
    { url, subprotocol },
    {
      received: (payload) => {
        if (known?.(payload)) return
        // A pod sends nothing but its frames.
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
