/**
 * Pauses between tries, with full jitter: each is random between nothing and a bound that doubles, so many clients never come back in step.
 * The bound is at most a sixth of the time since the last success, or 1.5 s if that is longer. So a link that comes and goes loses little of
 * the time in which it is up, and a server that is away for long is asked seldom.
 */
export type Backoff = {
  next(atLeastMs?: number): number
  /** It worked, though perhaps not for long: how long the next trouble lasts counts anew, while pauses go on doubling from where they were. */
  worked(): void
  reset(): void
}

const baseMs = 500
const capMs = 30_000
/** With what it takes to connect, well within the five seconds in which delivery resumes after a short fault. */
const soonMs = 1_500
/** A pause of this part of the trouble costs on average a twelfth of it. */
const partOfTrouble = 1 / 6

export function createBackoff(
  random: () => number = Math.random,
  now: () => number = () => performance.now(),
): Backoff {
  let tries = 0
  let since: number | undefined
  return {
    /**
     * Milliseconds to wait before the next try. A pause that the server asks for is kept, and spread over twice its length:
     * the server knows when it is worth coming back, so it does not grow.
     */
    next(atLeastMs = 0) {
      since ??= now()
      if (atLeastMs > 0) return atLeastMs + Math.round(random() * atLeastMs)
      const doubled = baseMs * 2 ** Math.min(tries++, 16)
      return Math.round(random() * Math.min(capMs, doubled, Math.max(soonMs, (now() - since) * partOfTrouble)))
    },
    worked() {
      since = undefined
    },
    reset() {
      tries = 0
      since = undefined
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
