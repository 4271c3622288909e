import type { Clock, MonotonicMs } from '@fastchat/clock'

/**
 * Pauses between retries, with full jitter. Each pause is random between zero and a bound that
 * doubles, so many clients do not come back in step. The bound is at most a sixth of the time since
 * the last success, or 1.5 s if that is longer. So an unstable link loses little of the time in
 * which it is up, and a server that is down for long gets few requests.
 */
export type Backoff = {
  next(atLeastMs?: number): number
  /**
   * Notes a success that may not last. The time of trouble is measured anew, while the bound
   * continues to double.
   */
  worked(): void
  reset(): void
}

const baseMs = 500
const capMs = 30_000
/**
 * The least bound of a pause. Together with the time to connect it stays well within the five
 * seconds in which delivery resumes after a short fault.
 */
const soonMs = 1_500
/** A pause of this part of the trouble costs on average a twelfth of it. */
const partOfTrouble = 1 / 6

export function createBackoff(random: () => number, { monotonicMs: now }: Pick<Clock, 'monotonicMs'>): Backoff {
  let tries = 0
  let since: MonotonicMs | undefined
  return {
    /**
     * Returns the milliseconds to wait before the next try. A pause that the server asks for is a
     * minimum, spread over twice its length. It does not grow, because the server knows when a
     * retry is useful.
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
