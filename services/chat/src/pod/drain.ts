import type { Candidate } from '@fastchat/schema'
import { pickTwo, planDrain } from '../domain/drain-plan.ts'
import type { ClientSocket } from '../socket/client-socket.ts'
import { type SendAwayOptions, sendAway } from './send-away.ts'

/**
 * Clients that do not answer the close are cut off after this time, so that the pod ends in time.
 */
const closeWaitMs = 1_500

export type DrainOptions = Pick<SendAwayOptions, 'settled' | 'random' | 'onAsked'> & {
  readonly sockets: ReadonlySet<ClientSocket>
  /** The time over which clients leave. */
  readonly drainMs: number
  /** Returns the other pods that may be offered. */
  readonly candidates: () => Promise<readonly Candidate[]>
  /** Resolves when no socket is left. */
  readonly allClosed: Promise<void>
}

/**
 * Asks all clients to connect elsewhere, a batch at a time. Answers what they have sent, and closes
 * with 1012. Resolves when all sockets are gone, within `drainMs` and some seconds.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { sockets, drainMs, candidates, settled, allClosed, random, onAsked } = options
  const leaving = [...sockets]
  const others = await candidates().catch(() => [])
  const { batchSize, batchEveryMs, spreadMs } = planDrain(leaving.length, drainMs)
  for (let from = 0; from < leaving.length; from += batchSize) {
    if (from > 0) await waitMs(batchEveryMs)
    const batch = leaving.slice(from, from + batchSize)
    const leavers = batch.map((socket) => ({ socket, candidates: pickTwo(others, random()) }))
    await sendAway(leavers, { reason: 'restarting', spreadMs, settled, random, onAsked })
  }
  if (sockets.size > 0) await Promise.race([allClosed, waitMs(closeWaitMs)])
  for (const { connection } of sockets) connection.cut('restarting')
}

const waitMs = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
