import { bodyOf } from '../body.ts'
import { openWebSocket, type Wire } from '../web-socket.ts'
import type { Dialect } from './dialect.ts'

/** Prefixes of Engine.IO 4 packets; kind 4 carries Socket.IO 5 packets. */
const packets = { open: '0', ping: '2', pong: '3', connect: '40', event: '42', ack: '43' } as const
const messageStart = '42["message","'
const messageEnd = '"]'
/** The ack id of a join. The sender chooses ack ids: message `n` asks for `n + 1`. */
const joinAckId = 0

const joins = new WeakMap<Wire, () => void>()

/** Socket.IO over WebSocket only, without the upgrade from polling, its cheapest way. */
export const socketio: Dialect = {
  hasAcks: true,
  async open({ url, user }, { body, acked }, faults) {
    const connected = Promise.withResolvers<void>()
    const wire = await openWebSocket(
      { url: `${url}/socket.io/?EIO=4&transport=websocket` },
      {
        received(payload) {
          const text = payload.toString('latin1')
          if (text.startsWith(messageStart)) body(text.slice(messageStart.length, -messageEnd.length))
          else if (text.startsWith(packets.ack)) {
            const id = Number.parseInt(text.slice(packets.ack.length), 10)
            if (id === joinAckId) joins.get(wire)?.()
            else acked(id - joinAckId - 1)
          } else if (text === packets.ping) wire.sendText(packets.pong)
          else if (text.startsWith(packets.open)) wire.sendText(`${packets.connect}${JSON.stringify({ user })}`)
          else if (text.startsWith(packets.connect)) connected.resolve()
          else faults.add(`socket.io said ${text.slice(0, 100)}`)
        },
        broken(what) {
          faults.add(what)
          connected.reject(new Error(what))
        },
      },
    )
    await connected.promise
    return wire
  },
  async join(wire, room) {
    const joined = Promise.withResolvers<void>()
    joins.set(wire, joined.resolve)
    wire.sendText(`${packets.event}${joinAckId}${JSON.stringify(['join', room])}`)
    await joined.promise
  },
  message: (to, _, n) => `${packets.event}${joinAckId + 1 + n}["send","${to}","${bodyOf(n)}"]`,
}
