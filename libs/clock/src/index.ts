declare const wall: unique symbol
declare const monotonic: unique symbol

/** Milliseconds since 1970-01-01 UTC. People and time servers can set the wall clock back. */
export type WallMs = number & { readonly [wall]: true }

/** Milliseconds since the process began. The monotonic clock only goes forward. */
export type MonotonicMs = number & { readonly [monotonic]: true }

/** Both clocks of the machine. Use the wall clock for dates, the monotonic one for durations. */
export type Clock = {
  readonly wallMs: () => WallMs
  readonly monotonicMs: () => MonotonicMs
}

/** The clocks of this machine. Only the main file of a program names it. */
export const systemClock: Clock = {
  wallMs: () => Date.now() as WallMs,
  monotonicMs: () => performance.now() as MonotonicMs,
}

/** Returns the time `ms` milliseconds after `at`, on the same clock. */
export function later<T extends WallMs | MonotonicMs>(at: T, ms: number): T {
  return (at + ms) as T
}
