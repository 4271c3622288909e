import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { luaScript, runScript } from './run-script.ts'

/** About a second of a pod at full speed; beyond it Redis is not keeping up and the readers' sweep does the work. */
const maxOutstanding = 8_192
const maxOutstandingBytes = 16 * 1024 * 1024
/** In one command: Redis does nothing else meanwhile. */
const maxPublished = 200
const probeEveryMs = 100

/** A command of ioredis costs many times what a publish costs Redis. */
const publishAll = luaScript(`
for at = 1, #ARGV, 2 do
  redis.call('PUBLISH', ARGV[at], ARGV[at + 1])
end
`)

export type FastPublisher = ReturnType<typeof createFastPublisher>

export type PublishCounts = { readonly published: number; readonly dropped: number; readonly failed: number }

type Publish = {
  readonly channel: string
  readonly packet: Buffer
  readonly onRefused: ((error: Error) => void) | undefined
}

/**
 * Publishes without waiting, at most once: what Redis can't take now is dropped and counted, since every reader also finds
 * it in the log. What is sent in one turn of the event loop goes out in one command, in its order; over a cluster, where channels live on
 * different servers, in one each. After a publish that was not answered in time nothing is sent until Redis answers a PING: ioredis would
 * keep each one in memory although it has given up on it.
 */
export function createFastPublisher(redis: Redis, { isSharded = false }: { readonly isSharded?: boolean } = {}) {
  let outstanding = 0
  let outstandingBytes = 0
  let isStalled = false
  let waiting: Publish[] = []
  const counts = { published: 0, dropped: 0, failed: 0 }

  async function waitForAnswer(): Promise<void> {
    if (isStalled || redis.status !== 'ready') return
    isStalled = true
    while (redis.status === 'ready') {
      if (await redis.ping().catch(() => undefined)) break
      await delay(probeEveryMs)
    }
    isStalled = false
  }

  function flush(): void {
    const all = waiting
    waiting = []
    const size = isSharded ? 1 : maxPublished
    for (let at = 0; at < all.length; at += size) void publish(all.slice(at, at + size))
  }

  async function publish(some: readonly Publish[]): Promise<void> {
    try {
      await command(some)
      counts.published += some.length
    } catch (error) {
      counts.failed += some.length
      if (error instanceof Error && error.name === 'ReplyError') for (const { onRefused } of some) onRefused?.(error)
      else void waitForAnswer()
    } finally {
      outstanding -= some.length
      for (const { packet } of some) outstandingBytes -= packet.length
    }
  }

  function command(some: readonly Publish[]): Promise<unknown> {
    const [only] = some
    if (only === undefined || some.length > 1) {
      const args = some.flatMap(({ channel, packet }) => [channel, packet])
      return runScript(redis, publishAll, [], args)
    }
    const { channel, packet } = only
    return isSharded ? redis.spublish(channel, packet) : redis.publish(channel, packet)
  }

  return {
    /** `onRefused` is told what Redis answered, if it did answer but did not publish. */
    send(channel: string, packet: Buffer, onRefused?: (error: Error) => void): void {
      const hasRoom = outstanding < maxOutstanding && outstandingBytes + packet.length <= maxOutstandingBytes
      if (redis.status !== 'ready' || isStalled || !hasRoom) {
        counts.dropped++
        return
      }
      outstanding++
      outstandingBytes += packet.length
      if (waiting.push({ channel, packet, onRefused }) === 1) queueMicrotask(flush)
    },
    /** Sends what was handed over in this turn of the event loop. */
    flush,
    isReady: () => redis.status === 'ready' && !isStalled,
    outstanding: () => outstanding,
    counts: (): PublishCounts => ({ ...counts }),
  }
}
