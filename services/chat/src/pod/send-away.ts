import type { Candidate, CloseReason } from '@fastchat/schema'
import type { ClientSocket } from '../socket/client-socket.ts'

/** Who is to go, and where to. */
export type Leaver = { readonly socket: ClientSocket; readonly candidates: readonly Candidate[] }

export type SendAwayOptions = {
  readonly reason: CloseReason
  /** They come back at random times within this. */
  readonly spreadMs: number
  /** Resolves when what was sent until now is answered. */
  readonly settled: () => Promise<void>
  readonly random: () => number
  /** Somebody was asked to come back elsewhere after so long. */
  readonly onAsked: (afterMs: number) => void
}

/** Asks these to connect elsewhere, answers what they have sent, and closes. */
export async function sendAway(leavers: readonly Leaver[], options: SendAwayOptions): Promise<void> {
  const { reason, spreadMs, settled, random, onAsked } = options
  for (const { socket, candidates } of leavers) {
    if (!socket.isOpen) continue
    const afterMs = Math.floor(random() * spreadMs)
    socket.connection.send({ t: 'reconnect', afterMs, candidates: [...candidates] })
    onAsked(afterMs)
  }
  await settled()
  await nextTurn() // the acks of what was stored go out first
  for (const { socket } of leavers) socket.connection.close(reason)
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve))
