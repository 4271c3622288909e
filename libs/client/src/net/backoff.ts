/** Full jitter (each pause is random between nothing and a bound that doubles): many clients never come back in step. */
export type Backoff = { next(atLeastMs?: number): number; reset(): void }

const baseMs = 500
const capMs = 30_000

export function createBackoff(random: () => number = Math.random): Backoff {
  let tries = 0
  return {
    /**
     * Milliseconds to wait before the next try. A pause that the server asks for is kept, and spread over twice its length:
     * the server knows when it is worth coming back, so it does not grow.
     */
    next(atLeastMs = 0) {
      if (atLeastMs > 0) return atLeastMs + Math.round(random() * atLeastMs)
      const bound = Math.min(capMs, baseMs * 2 ** Math.min(tries++, 16))
      return Math.round(random() * bound)
    },
    reset() {
      tries = 0
    },
  }
}

/** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done)
  })
}
