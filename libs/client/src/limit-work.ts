import pLimit from 'p-limit'

/**
 * Runs work in the order of the calls, a bounded number at a time. When `signal` aborts, waiting
 * work runs at once: it ends at the signal, and must not wait for the others.
 */
export type LimitWork = <T>(work: () => Promise<T>, signal?: AbortSignal) => Promise<T>

/** Creates a limit of `max` pieces of work at a time. */
export function limitWork(max: number): LimitWork {
  const limit = pLimit(max)
  return async (work, signal) => {
    if (!signal) return await limit(work)
    let begun: ReturnType<typeof work> | undefined
    const begin = () => {
      begun ??= work()
      return begun
    }
    const aborted = Promise.withResolvers<void>()
    const onAbort = () => aborted.resolve()
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      return await Promise.race([limit(begin), aborted.promise.then(begin)])
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }
}
