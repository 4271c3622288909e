import type { Candidate, CloseReason } from '@fastchat/schema'
import type { ClientSocket } from '../socket/client-socket.ts'

/** A socket that should move, with the pods to offer it. */
export type Leaver = { readonly socket: ClientSocket; readonly candidates: readonly Candidate[] }

export type SendAwayOptions = {
  readonly reason: CloseReason
  /** Clients come back at random times within this. */
  readonly spreadMs: number
  /** Resolves when all sends so far are answered. */
  readonly settled: () => Promise<void>
  readonly random: () => number
  /** Called with the delay after which a client was asked to come back. */
  readonly onAsked: (afterMs: number) => void
}

/** Asks clients to connect elsewhere, waits until their sends are answered, and closes. */
export async function sendAway(leavers: readonly Leaver[], options: SendAwayOptions): Promise<void> {
  const { reason, spreadMs, settled, random, onAsked } = options
  for (const { socket, candidates } of leavers) {
    if (!socket.isOpen) continue
    const afterMs = Math.floor(random() * spreadMs)
    socket.connection.send({ t: 'reconnect', afterMs, candidates: [...candidates] })
    onAsked(afterMs)
  }
  await settled()
  await nextTurn() // the acks of stored sends go out first
  for (const { socket } of leavers) socket.connection.close(reason)
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
