import type { MonotonicMs } from '@fastchat/clock'

/**
 * The pause after a good sweep. With jitter it stays below the 5 s within which entries are
 * delivered after any fault of the bus.
 */
const everyMs = 4_000
/** The pause while only sweeps find new entries, or after a failed sweep. */
const urgentEveryMs = 1_000
const jitter = 0.2
/** Requests for a sweep come in bursts. One sweep serves a burst. */
export const minPauseMs = 100
/** Half of the time that feed rows are kept. After a longer pause some rows may be gone unseen. */
const maxPauseMs = 30 * 60_000

export type SweepResult = {
  /** The bus is unhealthy, or the sweep failed. */
  readonly isUrgent: boolean
  /** Another sweep was requested meanwhile. */
  readonly isWanted: boolean
}

/** Returns the pause before the next sweep. `random` is from 0 to 1. */
export function pauseMs({ isUrgent, isWanted }: SweepResult, random: number): number {
  if (isWanted) return minPauseMs
  return (isUrgent ? urgentEveryMs : everyMs) * (1 + jitter * (2 * random - 1))
}

/**
 * Whether so much time has passed since the last sweep that feed rows may have been deleted unseen.
 */
export function mayHaveMissed(sweptAt: MonotonicMs, at: MonotonicMs): boolean {
  return at - sweptAt > maxPauseMs
}
