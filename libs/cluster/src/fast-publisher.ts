import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { luaScript, runScript } from './run-script.ts'

/** About a second of a pod at full speed. Above it Redis is too slow, and readers sweep the log. */
const maxOutstanding = 8_192
const maxOutstandingBytes = 16 * 1024 * 1024
/** The most publishes in one command, during which Redis does nothing else. */
const maxPublished = 200
const probeEveryMs = 100

/** One command for many publishes: a command of ioredis costs far more than a publish in Redis. */
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
 * Publishes without waiting, at most once. A packet that Redis cannot take now is dropped and
 * counted: readers also find the entry in the log. All packets of a turn of the event loop go out
 * in one command, in order. Over a cluster, where channels live on different servers, each packet
 * has its own command.
 *
 * After a publish without an answer, nothing is sent until Redis answers a PING: ioredis keeps each
 * command in memory after its timeout.
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
    /** `onRefused` is called with the error when Redis answers without publishing. */
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
    /** Sends the packets of this turn of the event loop now. */
    flush,
    isReady: () => redis.status === 'ready' && !isStalled,
    outstanding: () => outstanding,
    counts: (): PublishCounts => ({ ...counts }),
  }
}
