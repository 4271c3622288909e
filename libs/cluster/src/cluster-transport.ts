import { type BusServer, openBusServer } from './bus-server.ts'
import type { BusTransport, BusTransportOptions } from './bus-transport.ts'
import { startCanary } from './canary.ts'
import { tagCount } from './keys.ts'
import { parseRedisUrl, type RedisAddress } from './redis-url.ts'
import { slotOf } from './slot-of.ts'
import { movedTo, type SlotOwners } from './topology.ts'
import { watchTopology } from './watch-topology.ts'

const keyOf = ({ host, port }: RedisAddress) => `${host}:${port}`
const noCounts = { published: 0, dropped: 0, failed: 0 }

/**
 * Opens sharded pub/sub (SSUBSCRIBE, SPUBLISH) over the masters of a Redis Cluster. A channel lives
 * on the master of its tag's slot, so each packet crosses one master. Each master has two
 * connections, which are pinged, fail and recover by the same code as with a single Redis. The
 * sharded subscribers of ioredis neither ping nor report failures.
 *
 * Tags fall silent one by one: a slot moves and a server or client forgets to say so. Each tag in
 * use has a canary.
 */
export function openClusterTransport(options: BusTransportOptions): BusTransport {
  const { redisUrl, redisCa, log, keys, clock, random, origin, silentAfterMs, onSuspect } = options
  const { addresses: seeds, hasTls } = parseRedisUrl(redisUrl)
  const tags = Array.from({ length: tagCount }, (_, tag) => ({
    canary: keys.canary(tag),
    slot: slotOf(keys.canary(tag)),
    references: new Map<string, number>(),
    server: undefined as BusServer | undefined, // until the topology is known
  }))
  const servers = new Map<string, BusServer>()
  /** Counts of closed servers, and of packets that had no server. */
  let past = noCounts

  const topology = watchTopology({
    redisUrl,
    redisCa,
    log,
    clock,
    random,
    seeds,
    hasTls,
    servers: () => servers,
    isSettled: () => isConnected(),
    onTopology: follow,
  })
  const canary = startCanary({
    ...options,
    channels: () => tags.filter(({ references }) => references.size > 0).map((tag) => tag.canary),
    beat,
    isListening: (channel) => tagOf(channel).server?.subscriptions.isComplete() ?? false,
    onSilent: (channel) => {
      log.warn({ silentAfterMs, tag: keys.tagOfChannel(channel) }, 'subscription silent')
      tagOf(channel).server?.subscriptions.restart('silent')
    },
  })

  // The fallback is for the compiler: every name here is ours and has one of our tags.
  const tagOf = (channel: string) => tags[keys.tagOfChannel(channel)] ?? tags[0]!
  const isConnected = () => tags.every(({ server }) => server?.isReady())

  async function beat(channel: string): Promise<void> {
    try {
      await tagOf(channel).server?.beat(channel, origin)
    } catch (error) {
      topology.lookSoon()
      throw error
    }
  }

  /** Moves tags to the owners of their slots and closes servers that have no tag left. */
  function follow(ownerOf: SlotOwners): void {
    const joining = new Map<BusServer, string[]>()
    for (const tag of tags) {
      const owner = ownerOf(tag.slot)
      if (owner === undefined) continue // no server claims the slot now: stay
      const server = servers.get(keyOf(owner)) ?? open(owner)
      if (server === tag.server) continue
      const names = tag.references.size > 0 ? [tag.canary, ...tag.references.keys()] : []
      tag.server?.subscriptions.forget(names)
      tag.server = server
      const joined = joining.get(server) ?? []
      joining.set(server, joined)
      for (const name of names) joined.push(name)
    }
    for (const [server, names] of joining) void server.subscriptions.add(names).then(() => onSuspect('moved'))
    const inUse = new Set(tags.map(({ server }) => server))
    for (const [key, server] of servers) {
      if (inUse.has(server)) continue
      servers.delete(key)
      past = sum([past, server.publisher.counts()])
      void server.close()
    }
  }

  function open(address: RedisAddress): BusServer {
    const server = openBusServer({
      ...options,
      address,
      isSharded: true,
      onSuspect: (reason) => {
        if (servers.get(keyOf(address)) !== server) return
        onSuspect(reason)
        topology.lookSoon()
      },
    })
    servers.set(keyOf(address), server)
    return server
  }

  return {
    send(channel, packet) {
      const { server } = tagOf(channel)
      if (server === undefined) past = { ...past, dropped: past.dropped + 1 }
      server?.publisher.send(channel, packet, (error) => {
        topology.lookSoon()
        // The slot has moved. Its subscribers have read the log when they moved, so the packet is
        // sent on once.
        const to = servers.get(movedTo(error) ?? '')
        if (to !== server) to?.publisher.send(channel, packet)
      })
    },
    async add(channels) {
      const fresh = new Map<BusServer, string[]>()
      for (const channel of channels) {
        const tag = tagOf(channel)
        const names = (tag.server && fresh.get(tag.server)) ?? []
        if (tag.server) fresh.set(tag.server, names) // also without new names: old ones may be unconfirmed
        if (tag.references.size === 0) names.push(tag.canary)
        const count = tag.references.get(channel) ?? 0
        tag.references.set(channel, count + 1)
        if (count === 0) names.push(channel)
      }
      await Promise.all(Array.from(fresh, ([server, names]) => server.subscriptions.add(names)))
    },
    remove(channels) {
      for (const channel of channels) {
        const { references, canary, server } = tagOf(channel)
        const count = references.get(channel) ?? 0
        if (count > 1) references.set(channel, count - 1)
        if (count !== 1) continue
        references.delete(channel)
        server?.subscriptions.remove(references.size === 0 ? [channel, canary] : [channel])
      }
    },
    heardBeat: (channel) => canary.heard(channel),
    isHealthy: () => isConnected() && canary.isAlive(),
    lagMs: () => Math.max(0, ...Array.from(servers.values(), (server) => server.lagMs())),
    counts: () => sum([past, ...Array.from(servers.values(), ({ publisher }) => publisher.counts())]),
    async close() {
      canary.close()
      topology.close()
      await Promise.all(Array.from(servers.values(), (server) => server.close()))
    },
  }
}

function sum(counts: readonly (typeof noCounts)[]): typeof noCounts {
  const total = { ...noCounts }
  for (const { published, dropped, failed } of counts) {
    total.published += published
    total.dropped += dropped
    total.failed += failed
  }
  return total
}
