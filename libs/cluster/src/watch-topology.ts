import { once } from 'node:events'
import type { BusServer } from './bus-server.ts'
import { openServerPublisher, type RedisTarget } from './connections.ts'
import { type Log, redactError } from './log.ts'
import type { RedisAddress } from './redis-url.ts'
import { readTopology, type SlotOwners } from './topology.ts'

/** So many nodes are asked at a time; the newest claim wins. */
const maxAsked = 3
/** When nothing has happened: for what nobody was told. */
const lookEveryMs = 5_000
/** After something has happened nodes learn of it one by one, and an election takes a while. */
const unsettledLookMs = 500
const unsettledForMs = 3_000
/** Events come in bursts. */
const burstMs = 50

export type WatchTopologyOptions = RedisTarget & {
  readonly log: Log
  /** Asked while no server answers. */
  readonly seeds: readonly RedisAddress[]
  readonly hasTls: boolean
  readonly servers: () => ReadonlyMap<string, BusServer>
  readonly isSettled: () => boolean
  readonly onTopology: (ownerOf: SlotOwners) => void
}

/** Asks the nodes of a Redis Cluster again and again where its slots are, and at once when there is a reason to. */
export function watchTopology(options: WatchTopologyOptions) {
  const { redisUrl, redisCa, log, seeds, hasTls, servers, isSettled, onTopology } = options
  let nextSeed = Math.floor(Math.random() * seeds.length)
  let timer: NodeJS.Timeout | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let unsettledUntil = 0
  let isAway = false
  let isClosed = false

  async function askServers() {
    const ready = [...servers()].filter(([, server]) => server.publisher.isReady())
    const answers = ready.sort(() => Math.random() - 0.5).slice(0, maxAsked)
    const settled = await Promise.allSettled(
      answers.map(async ([address, server]) => ({ from: parseKey(address), nodes: await server.readNodes() })),
    )
    return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  }

  async function askSeed() {
    const from = seeds[nextSeed++ % seeds.length]!
    const quiet = { info: () => undefined, warn: () => undefined } // said below, once for all seeds
    const redis = openServerPublisher({ redisUrl, redisCa, address: from, log: quiet, name: 'bus-topology' })
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
    const at = performance.now() + ms
    if (isClosed || at >= dueAt) return
    clearTimeout(timer)
    dueAt = at
    timer = setTimeout(async () => {
      dueAt = 0 // none is scheduled while this one is on its way
      await look()
      dueAt = Number.POSITIVE_INFINITY
      lookIn(isSettled() && performance.now() > unsettledUntil ? lookEveryMs : unsettledLookMs)
    }, ms)
  }

  setImmediate(lookIn, 0)
  return {
    lookSoon(): void {
      unsettledUntil = performance.now() + unsettledForMs
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
