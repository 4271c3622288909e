import { once } from 'node:events'
import { type Clock, later, type MonotonicMs } from '@fastchat/clock'
import type { BusServer } from './bus-server.ts'
import { openServerPublisher, type RedisTarget } from './connections.ts'
import { type Log, redactError } from './log.ts'
import type { RedisAddress } from './redis-url.ts'
import { readTopology, type SlotOwners } from './topology.ts'

/** The number of nodes that are asked at a time. The newest claim wins. */
const maxAsked = 3
/** The pause between two looks at a settled cluster, for changes that caused no event. */
const lookEveryMs = 5_000
/** The pause after an event: nodes learn of a change one by one, and an election takes a while. */
const unsettledLookMs = 500
const unsettledForMs = 3_000
/** Events come in bursts, so a look waits for the rest of its burst. */
const burstMs = 50

export type WatchTopologyOptions = RedisTarget & {
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** The nodes that are asked while no server answers. */
  readonly seeds: readonly RedisAddress[]
  readonly hasTls: boolean
  readonly servers: () => ReadonlyMap<string, BusServer>
  readonly isSettled: () => boolean
  readonly onTopology: (ownerOf: SlotOwners) => void
}

/** Asks the nodes of a Redis Cluster for its slots, again and again, and soon after an event. */
export function watchTopology(options: WatchTopologyOptions) {
  const { redisUrl, redisCa, clock, random, log, seeds, hasTls, servers, isSettled, onTopology } = options
  let nextSeed = Math.floor(random() * seeds.length)
  let timer: NodeJS.Timeout | undefined
  /** When the next look begins; `looking` while one is under way, so that none is scheduled. */
  let dueAt: MonotonicMs | 'looking' | undefined
  let unsettledUntil = clock.monotonicMs()
  let isAway = false
  let isClosed = false

  async function askServers() {
    const ready = [...servers()].filter(([, server]) => server.publisher.isReady())
    const answers = ready.sort(() => random() - 0.5).slice(0, maxAsked)
    const settled = await Promise.allSettled(
      answers.map(async ([address, server]) => ({ from: parseKey(address), nodes: await server.readNodes() })),
    )
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  }

  async function askSeed() {
    const from = seeds[nextSeed++ % seeds.length]!
    const quiet = { info: () => undefined, warn: () => undefined } // `look` logs once for all seeds
    const redis = openServerPublisher({ redisUrl, redisCa, random, address: from, log: quiet, name: 'bus-topology' })
    try {
      await once(redis, 'ready')
      return { from, nodes: String(await redis.cluster('NODES')) }
    } finally {
      redis.disconnect()
    }
  }

  async function look(): Promise<void> {
    try {
      const answers = await askServers()
      if (answers.length === 0) answers.push(await askSeed())
      if (isClosed) return
      onTopology(readTopology(answers, { hasTls }))
      if (isAway) log.info({}, 'redis cluster back')
      isAway = false
    } catch (error) {
      if (!isAway) log.warn({ reason: redactError(error) }, 'redis cluster away')
      isAway = true
    }
  }

  function lookIn(ms: number): void {
    const at = later(clock.monotonicMs(), ms)
    if (isClosed || dueAt === 'looking' || (dueAt !== undefined && at >= dueAt)) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(async () => {
      dueAt = 'looking'
      await look()
      dueAt = undefined
      lookIn(isSettled() && clock.monotonicMs() >= unsettledUntil ? lookEveryMs : unsettledLookMs)
    }, ms)
  }

  setImmediate(lookIn, 0)
  return {
    lookSoon(): void {
      unsettledUntil = later(clock.monotonicMs(), unsettledForMs)
      lookIn(burstMs)
    },
    close(): void {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

function parseKey(key: string): RedisAddress {
  const colon = key.lastIndexOf(':')
  return { host: key.slice(0, colon), port: Number(key.slice(colon + 1)) }
}
