import type { Logger } from 'pino'

/** What is slower to close than this is left behind: the process is about to end anyway. */
const closeTimeoutMs = 10_000
/** Keeps a forgotten loop of `own` from growing without anyone noticing. */
const maxOwned = 10_000

export type Lifecycle = {
  /**
   * Registers how `resource` is closed, on the line that opens it. Closing runs newest first. `timeoutMs`: how long that may take, if
   * longer than usual.
   */
  own<T>(resource: T, close: (resource: T) => unknown, timeoutMs?: number): T
  /** Closes everything, once; later calls wait for the first. Never rejects: what fails to close is logged. */
  close(): Promise<void>
  /** True from the first call of `close` on: the process takes no new work. */
  readonly isClosing: boolean
  /** The longest time that one of the owned may take to close. */
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
