import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@fastchat/clock'
import type { Exit } from '@fastchat/testkit/local'

const firstDelayMs = 500
const maxDelayMs = 15_000
/** A process that ran for this long had started well. If it ends then, the fault is a new one. */
const settledMs = 30_000

/** A process, or the like, that runs until it ends or is stopped. */
export type Running = { readonly exited: Promise<Exit>; stop(): Promise<unknown> }

export type Kept = {
  /** Returns false while it is down or starting. */
  isUp(): boolean
  stop(): Promise<void>
}

export type KeepOptions = {
  readonly clock: Pick<Clock, 'monotonicMs'>
  /**
   * How often the first start is tried, since a busy machine may only be slow. The default is once.
   */
  readonly firstTries?: number
  /** Aborts when the first start is no longer wanted. */
  readonly signal?: AbortSignal
}

/**
 * Starts something, and restarts it with growing pauses (0.5 s to 15 s) whenever it ends, until
 * `stop`. One of the first tries must succeed; otherwise the last error is thrown.
 */
export async function keepRunning(
  name: string,
  start: () => Promise<Running>,
  say: (line: string) => void,
  options: KeepOptions,
): Promise<Kept> {
  const { monotonicMs } = options.clock
  const stopping = new AbortController()
  let current: Running | undefined = await startFirst(name, start, say, options)

  async function watch(): Promise<void> {
    let delayMs = firstDelayMs
    let startedAt = monotonicMs()
    while (!stopping.signal.aborted) {
      const ended = current === undefined ? 'did not start' : describe(await current.exited)
      current = undefined
      if (stopping.signal.aborted) return
      if (monotonicMs() - startedAt > settledMs) delayMs = firstDelayMs
      say(`${name} ${ended}; starting it again in ${delayMs / 1000} s`)
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      delayMs = Math.min(delayMs * 2, maxDelayMs)
      startedAt = monotonicMs()
      current = await start().catch(() => undefined)
      if (current !== undefined) say(`${name} is back`)
    }
  }
  const watching = watch()

  return {
    isUp: () => current !== undefined,
    async stop() {
      stopping.abort()
      await current?.stop()
      await watching // a start may be under way
      await current?.stop()
    },
  }
}

async function startFirst(
  name: string,
  start: () => Promise<Running>,
  say: (line: string) => void,
  { firstTries = 1, signal }: KeepOptions,
): Promise<Running> {
  let delayMs = firstDelayMs
  for (let tries = 1; ; tries++) {
    try {
      return await start()
    } catch (error) {
      if (tries >= firstTries || signal?.aborted) throw error
      say(`${name} did not start; starting it again in ${delayMs / 1000} s`)
      await delay(delayMs, undefined, signal && { signal }).catch(() => undefined)
      if (signal?.aborted) throw error
      delayMs *= 2
    }
  }
}

function describe({ code, signal }: Exit): string {
  return signal === null ? `ended with code ${code}` : `was killed (${signal})`
}
