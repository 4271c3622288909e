import type { RedisTarget } from './connections.ts'
import type { PublishCounts } from './fast-publisher.ts'
import type { Keys } from './keys.ts'
import type { Log } from './log.ts'

/** How packets get from pod to pod: over one Redis (wherever its Sentinels say that it is), or over the masters of a cluster. */
export type BusTransport = {
  /** Fire and forget. */
  send(channel: string, packet: Buffer): void
  /** See `Subscriptions`. */
  add(channels: readonly string[]): Promise<void>
  remove(channels: readonly string[]): void
  /** What came in on a channel is a canary's beat. */
  heardBeat(channel: string): void
  isHealthy(): boolean
  /** See `Bus`. */
  lagMs(): number
  counts(): PublishCounts
  close(): Promise<void>
}

export type BusTransportOptions = RedisTarget & {
  readonly log: Log
  readonly keys: Keys
  /** What beats say. */
  readonly origin: string
  readonly pingEveryMs: number
  readonly socketTimeoutMs: number
  readonly beatEveryMs: number
  readonly silentAfterMs: number
  readonly onMessage: (name: Buffer, packet: Buffer) => void
  readonly onSuspect: (reason: string) => void
}
