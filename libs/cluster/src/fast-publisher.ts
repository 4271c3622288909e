import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'

/** About a second of a pod at full speed; beyond it Redis is not keeping up and the readers' sweep does the work. */
const maxOutstanding = 8_192
const maxOutstandingBytes = 16 * 1024 * 1024
const probeEveryMs = 100

export type FastPublisher = ReturnType<typeof createFastPublisher>

export type PublishCounts = { readonly published: number; readonly dropped: number; readonly failed: number }

/**
 * Publishes without waiting, at most once: what Redis can't take now is dropped and counted, since every reader also finds
 * it in the log. After a publish that was not answered in time nothing is sent until Redis answers a PING: ioredis would
 * keep each one in memory although it has given up on it.
 */
export function createFastPublisher(redis: Redis, { isSharded = false }: { readonly isSharded?: boolean } = {}) {
  let outstanding = 0
  let outstandingBytes = 0
  let isStalled = false
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
      const sending = isSharded ? redis.spublish(channel, packet) : redis.publish(channel, packet)
      const answer = sending.then(
        () => void counts.published++,
        (error: unknown) => {
          counts.failed++
          if (error instanceof Error && error.name === 'ReplyError') onRefused?.(error)
          else void waitForAnswer()
        },
      )
      void answer.finally(() => {
        outstanding--
        outstandingBytes -= packet.length
      })
    },
    isReady: () => redis.status === 'ready' && !isStalled,
    outstanding: () => outstanding,
    counts: (): PublishCounts => ({ ...counts }),
  }
}
