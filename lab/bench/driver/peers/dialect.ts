import type { PeerSocketPlan } from '../calls.ts'
import type { Faults } from '../faults.ts'
import type { Wire } from '../web-socket.ts'

export type PeerEvents = { body(body: string): void; acked(n: number): void }

/**
 * The protocol of a peer. Message `n` has the text of `bodyOf`, without characters that any syntax
 * would escape.
 */
export type Dialect = {
  /** True if senders are told that their message was accepted. */
  readonly hasAcks: boolean
  /** Connects, authenticates as far as the peer requires, and resolves when messages can arrive. */
  open(plan: PeerSocketPlan, events: PeerEvents, faults: Faults): Promise<Wire>
  /** Resolves when the room's messages reach this connection. */
  join(wire: Wire, room: string, user: string): Promise<void>
  message(to: string, kind: 'one' | 'room', n: number): string
}
