import { setTimeout as delay } from 'node:timers/promises'

export type EventuallyOptions = { readonly timeoutMs?: number; readonly everyMs?: number }

/**
 * Calls `attempt` until it does not throw and returns its value. After `timeoutMs` (20 s, for slow
 * machines) the last error is thrown, so a failing test shows the assertion that never held.
 * `attempt` runs at least once, and may run once more after the time is over.
 */
export async function eventually<T>(
  attempt: () => T | Promise<T>,
  { timeoutMs = 20_000, everyMs = 25 }: EventuallyOptions = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() >= deadline) throw error
      await delay(everyMs)
    }
  }
}
