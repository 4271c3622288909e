import type { Logger } from 'pino'

/** A resource that takes longer to close is abandoned, because the process is about to end. */
const closeTimeoutMs = 10_000
/** More owned resources than this mean a leak. */
const maxOwned = 10_000

export type Lifecycle = {
  /**
   * Registers how to close `resource`, on the line that opens it. The newest is closed first.
   * `timeoutMs` allows it more time than usual.
   */
  own<T>(resource: T, close: (resource: T) => unknown, timeoutMs?: number): T
  /**
   * Closes all resources once; later calls wait for the first. Never rejects: it logs failures.
   */
  close(): Promise<void>
  /** True once `close` was called. The process then takes no new work. */
  readonly isClosing: boolean
  /** The longest time that one of the resources may take to close. */
  readonly longestCloseMs: number
}

export function createLifecycle(log: Pick<Logger, 'error'>, { timeoutMs = closeTimeoutMs } = {}): Lifecycle {
  const closers: { readonly close: () => unknown; readonly withinMs: number }[] = []
  let closing: Promise<void> | undefined
  let longestCloseMs = timeoutMs

  async function closeAll(): Promise<void> {
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
      try {
        await withTimeout(closer.close, closer.withinMs)
      } catch (err) {
        log.error({ err }, 'closing failed')
      }
    }
  }

  return {
    own(resource, close, withinMs = timeoutMs) {
      if (closers.length >= maxOwned) throw new RangeError('too many resources owned')
      closers.push({ close: () => close(resource), withinMs })
      longestCloseMs = Math.max(longestCloseMs, withinMs)
      return resource
    },
    close() {
      closing ??= closeAll()
      return closing
    },
    get isClosing() {
      return closing !== undefined
    },
    get longestCloseMs() {
      return longestCloseMs
    },
  }
}

async function withTimeout(close: () => unknown, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not closed after ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    await Promise.race([close(), timeout])
  } finally {
    clearTimeout(timer)
  }
}
