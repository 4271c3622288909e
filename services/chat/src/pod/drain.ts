import type { Candidate } from '@fastchat/schema'
import type { ClientSocket } from '../socket/client-socket.ts'
import { type SendAwayOptions, sendAway } from './send-away.ts'

/** A batch leaves this often: at an even pace, so that whoever takes them in never sees a crowd. */
const batchEveryMs = 50
/** A pod with few clients need not take its time. */
const minBatch = 20
/** Those who are asked to go spread their coming back over so much for each of them, within bounds. */
const spreadMsPerSocket = 10
const spreadMs = { min: 1_000, max: 5_000 }
/** Clients that do not answer the close are cut off, so that the pod ends in time. */
const closeWaitMs = 1_500

export type DrainOptions = Pick<SendAwayOptions, 'settled' | 'random' | 'onAsked'> & {
  readonly sockets: ReadonlySet<ClientSocket>
  /** Over which they leave. */
  readonly drainMs: number
  /** Other pods that may be offered. */
  readonly candidates: () => Promise<readonly Candidate[]>
  /** Resolves when no socket is left. */
  readonly allClosed: Promise<void>
}

/**
 * Asks everybody to connect elsewhere, a batch at a time; answers what they have sent, and closes (1012). Resolves when all are gone,
 * within `drainMs` and some seconds.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { sockets, drainMs, candidates, settled, allClosed, random, onAsked } = options
  const leaving = [...sockets]
  const others = await candidates().catch(() => [])
  const batchSize = Math.max(minBatch, Math.ceil((leaving.length * batchEveryMs) / drainMs))
  const spread = Math.min(spreadMs.max, Math.max(spreadMs.min, leaving.length * spreadMsPerSocket))
  for (let from = 0; from < leaving.length; from += batchSize) {
    if (from > 0) await waitMs(batchEveryMs)
    const batch = leaving.slice(from, from + batchSize)
    const leavers = batch.map((socket) => ({ socket, candidates: twoOf(others, random) }))
    await sendAway(leavers, { reason: 'restarting', spreadMs: spread, settled, random, onAsked })
  }
  if (sockets.size > 0) await Promise.race([allClosed, waitMs(closeWaitMs)])
  for (const { connection } of sockets) connection.cut('restarting')
}

/** Two that follow each other from a random place on: everybody's first choice is spread over all. */
function twoOf(others: readonly Candidate[], random: () => number): Candidate[] {
  const at = Math.floor(random() * others.length)
  return [...others.slice(at), ...others.slice(0, at)].slice(0, 2)
}

const waitMs = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref())
