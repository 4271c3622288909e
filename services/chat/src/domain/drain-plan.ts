import type { Candidate } from '@fastchat/schema'

/** The pause between two batches. An even flow spares the other pods a crowd. */
const batchEveryMs = 50
/** A pod with few clients drains faster than its time allows. */
const minBatch = 20
/** Each connection lengthens the time over which clients come back by this much, within bounds. */
const spreadMsPerSocket = 10
const spreadMs = { min: 1_000, max: 5_000 }

export type DrainPlan = {
  readonly batchSize: number
  readonly batchEveryMs: number
  /** Clients come back at random times within this. */
  readonly spreadMs: number
}

/** Returns how `connections` sockets leave a pod within `drainMs`. */
export function planDrain(connections: number, drainMs: number): DrainPlan {
  return {
    batchSize: Math.max(minBatch, Math.ceil((connections * batchEveryMs) / drainMs)),
    batchEveryMs,
    spreadMs: Math.min(spreadMs.max, Math.max(spreadMs.min, connections * spreadMsPerSocket)),
  }
}

/**
 * Returns two neighbours from a random position, so that the first choices spread over all pods.
 * `random` is below 1.
 */
export function pickTwo(others: readonly Candidate[], random: number): Candidate[] {
  const at = Math.floor(random * others.length)
  return [...others.slice(at), ...others.slice(0, at)].slice(0, 2)
}
