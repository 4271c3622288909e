import { setTimeout as delay } from 'node:timers/promises'

export type EventuallyOptions = { readonly timeoutMs?: number; readonly everyMs?: number }

/**
 * Calls `attempt` until it stops throwing and gives its value. After `timeoutMs` (20 s: slow machines) the last error is thrown, so a failing
 * test shows the assertion that never held. `attempt` may run once more than the time allows, never less than once.
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
