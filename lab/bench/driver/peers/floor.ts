import { bodyOf } from '../body.ts'
import { openWebSocket, type Wire } from '../web-socket.ts'
import type { Dialect } from './dialect.ts'

/**
 * The first letter of each text: `join ROOM`, `send ROOM N BODY`; `joined`, `acked N`, `message
 * BODY`.
 */
export const floorFrames = { join: 'j', send: 's', joined: 'J', acked: 'a', message: 'm' } as const

const joins = new WeakMap<Wire, () => void>()

/** The protocol of the floor server: five kinds of text. */
export const floor: Dialect = {
  hasAcks: true,
  async open({ url, user, rooms = [] }, { body, acked }, faults) {
    const wire = await openWebSocket(
      { url },
      {
        received(payload) {
          const text = payload.toString('latin1')
          if (text.startsWith(floorFrames.message)) body(text.slice(floorFrames.message.length))
          else if (text.startsWith(floorFrames.acked)) acked(Number(text.slice(floorFrames.acked.length)))
          else if (text === floorFrames.joined) joins.get(wire)?.()
          else faults.add(`the floor said ${text.slice(0, 100)}`)
        },
        broken: (what) => faults.add(what),
      },
    )
    for (const room of [user, ...rooms]) await join(wire, room)
    return wire
  },
  join,
  message: (to, _, n) => `${floorFrames.send}${to} ${n} ${bodyOf(n)}`,
}

async function join(wire: Wire, room: string): Promise<void> {
  const joined = Promise.withResolvers<void>()
  joins.set(wire, joined.resolve)
  wire.sendText(floorFrames.join + room)
  await joined.promise
}
