import type { PeerSocketPlan } from '../calls.ts'
import type { Faults } from '../faults.ts'
import type { Wire } from '../web-socket.ts'

export type PeerEvents = { body(body: string): void; acked(n: number): void }

/** How a peer is talked to. Message `n` has the text of `bodyOf`, without a character that any syntax would escape. */
export type Dialect = {
  /** Senders are told that their message was taken. */
  readonly hasAcks: boolean
  /** Connects, authenticates as far as the peer does so, and resolves when messages can come. */
  open(plan: PeerSocketPlan, events: PeerEvents, faults: Faults): Promise<Wire>
  /** Resolves when the room's messages come to this wire. */
  join(wire: Wire, room: string, user: string): Promise<void>
  message(to: string, kind: 'one' | 'room', n: number): string
}
