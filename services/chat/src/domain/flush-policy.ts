import { later, type MonotonicMs } from '@fastchat/clock'

/** A socket that is written to often is flushed once in this interval. */
export const flushIntervalMs = 25
/** This many writes in a row do not count as often yet. */
export const burst = 8
const burstMs = burst * flushIntervalMs

/** Writes to one socket, as the policy counts them. */
export type CountedWrites = {
  /** When the writes made so far would end if each took one flush interval. */
  busyUntil: MonotonicMs
}

/**
 * Counts a write. Returns whether it waits for the flush interval, since the socket gets more than
 * 40 writes a second for longer than a moment. The rate is a GCRA (ITU-T I.371): one write an
 * interval, with a burst of 8.
 */
export function waitsForInterval(writes: CountedWrites, at: MonotonicMs): boolean {
  writes.busyUntil = later(writes.busyUntil > at ? writes.busyUntil : at, flushIntervalMs)
  return writes.busyUntil - at > burstMs
}
