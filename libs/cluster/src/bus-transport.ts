import type { Clock } from '@fastchat/clock'
import type { RedisTarget } from './connections.ts'
import type { PublishCounts } from './fast-publisher.ts'
import type { Keys } from './keys.ts'
import type { Log } from './log.ts'

/**
 * Carries packets from pod to pod: over one Redis (the master that Sentinels name, if there are
 * any), or over the masters of a cluster.
 */
export type BusTransport = {
  /** Sends without waiting for an answer. */
  send(channel: string, packet: Buffer): void
  /** The same as `Subscriptions.add`. */
  add(channels: readonly string[]): Promise<void>
  remove(channels: readonly string[]): void
  /** Tells the transport that a canary's beat came in on a channel. */
  heardBeat(channel: string): void
  isHealthy(): boolean
  /** The same as `Bus.lagMs`. */
  lagMs(): number
  counts(): PublishCounts
  close(): Promise<void>
}

export type BusTransportOptions = RedisTarget & {
  readonly log: Log
  readonly keys: Keys
  readonly clock: Clock
  readonly random: () => number
  /** The text of this pod's beats. */
  readonly origin: string
  readonly pingEveryMs: number
  readonly socketTimeoutMs: number
  readonly beatEveryMs: number
  readonly silentAfterMs: number
  readonly onMessage: (name: Buffer, packet: Buffer) => void
  readonly onSuspect: (reason: string) => void
}
