import { setTimeout as delay } from 'node:timers/promises'
import type { Exit } from '@fastchat/testkit/local'

const firstDelayMs = 500
const maxDelayMs = 15_000
/** A process that ran this long had started well; what ends it then is a new fault. */
const settledMs = 30_000

/** Something that runs until it ends or is stopped. */
export type Running = { readonly exited: Promise<Exit>; stop(): Promise<unknown> }

export type Kept = {
  /** False while it is down or starting again. */
  isUp(): boolean
  stop(): Promise<void>
}

export type KeepOptions = {
  /** How often the first start is tried: a busy machine may only have been too slow. Once by default. */
  readonly firstTries?: number
  /** Aborts when nobody waits for the first start any more. */
  readonly signal?: AbortSignal
}

/**
 * Starts something and starts it again whenever it ends, with growing pauses (0.5 s to 15 s), until `stop`. One of the first tries must
 * succeed: the error of the last one is the caller's.
 */
export async function keepRunning(
  name: string,
  start: () => Promise<Running>,
  say: (line: string) => void,
  options: KeepOptions = {},
): Promise<Kept> {
  const stopping = new AbortController()
  let current: Running | undefined = await startFirst(name, start, say, options)

  async function watch(): Promise<void> {
    let delayMs = firstDelayMs
    let startedAt = performance.now()
    while (!stopping.signal.aborted) {
      const ended = current === undefined ? 'did not start' : describe(await current.exited)
      current = undefined
      if (stopping.signal.aborted) return
      if (performance.now() - startedAt > settledMs) delayMs = firstDelayMs
      say(`${name} ${ended}; starting it again in ${delayMs / 1000} s`)
      await delay(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined)
      if (stopping.signal.aborted) return
      delayMs = Math.min(delayMs * 2, maxDelayMs)
      startedAt = performance.now()
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
      await watching // a start under way when we were asked to stop
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
