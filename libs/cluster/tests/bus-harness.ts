import { randomBytes, randomUUID } from 'node:crypto'
import { systemClock } from '@fastchat/clock'
import type { ConversationId } from '@fastchat/schema'
import { eventually, freePort, type LocalRedis, startRedis } from '@fastchat/testkit'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect } from 'vitest'
import { type Bus, type BusOptions, createBus, type EntryHeader } from '../src/bus.ts'

export const hmacKey = randomBytes(32)
export const silentLog = { info: () => undefined, warn: () => undefined }
/** The clock, the chance and the log of every bus and pod record in these tests. */
export const surroundings = { clock: systemClock, random: Math.random, log: silentLog }
export const conversationId = () => randomUUID() as ConversationId
export const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)

type Heard = { conversation: string; header: EntryHeader & { origin: string }; text: string }

/** A bus and everything that it received. */
export type Pod = {
  readonly bus: Bus
  readonly heard: Heard[]
  readonly events: unknown[]
  readonly suspects: string[]
  seqs(conversation: string): number[]
}

export type BusHarness = {
  readonly redis: LocalRedis
  own(close: () => unknown): void
  /** Opens a connection that can watch the bus or interfere with it. */
  operator(): Redis
  openPod(origin: string, options?: Partial<BusOptions>): Promise<Pod>
  killRedis(): Promise<void>
  /** Starts an empty Redis on the same port. */
  startRedisAgain(): Promise<void>
}

/** Starts a Redis for each test of the file. The test may stop or kill it. */
export function useBusHarness(): BusHarness {
  let port: number
  let redis: LocalRedis
  let closing: (() => unknown)[]

  beforeEach(async () => {
    closing = []
    port = await freePort()
    redis = await startRedis({ port })
  })
  afterEach(async () => {
    for (const close of closing.reverse()) await close()
    redis.kill('SIGCONT')
    await redis.stop()
  })

  return {
    get redis() {
      return redis
    },
    own: (close) => void closing.push(close),
    operator() {
      const operator = new Redis(redis.url)
      closing.push(() => operator.disconnect())
      return operator
    },
    async openPod(origin, options = {}) {
      const bus = createBus({ redisUrl: redis.url, hmacKey, origin, ...surroundings, ...options })
      closing.push(() => bus.close())
      const pod = podOf(bus)
      await eventually(() => expect(bus.healthy()).toBe(true))
      return pod
    },
    async killRedis() {
      redis.kill('SIGKILL')
      await redis.exited
    },
    async startRedisAgain() {
      redis = await startRedis({ port })
    },
  }
}

export function podOf(bus: Bus): Pod {
  const heard: Heard[] = []
  const events: unknown[] = []
  const suspects: string[] = []
  bus.listen({
    onEntry: (conversation, header, bytes) => heard.push({ conversation, header, text: bytes.toString() }),
    onUserEvent: (user, event, from) => events.push({ user, event, from }),
    onSuspect: (reason) => suspects.push(reason),
  })
  const seqs = (of: string) => heard.filter((one) => one.conversation === of).map((one) => one.header.seq)
  return { bus, heard, events, suspects, seqs }
}

export function publishAll({ bus }: Pod, conversation: ConversationId, from: number, to: number): void {
  for (let seq = from; seq <= to; seq++)
    bus.publish(conversation, { seq, kind: 'application' }, Buffer.from(String(seq)))
}
