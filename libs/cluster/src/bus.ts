import type { ConversationId, EntryKind, UserId } from '@fastchat/schema'
import { openClusterTransport } from './cluster-transport.ts'
import type { RedisTarget } from './connections.ts'
import type { PublishCounts } from './fast-publisher.ts'
import { createKeys } from './keys.ts'
import { type Log, redactError } from './log.ts'
import { busKey, isFrom, openPacket, originMark, sealPacket } from './packet.ts'
import { parseRedisUrl } from './redis-url.ts'
import { openSingleTransport } from './single-transport.ts'

/** What a pod must know of an entry before it may deliver it. */
export type EntryHeader = {
  readonly seq: number
  readonly kind: EntryKind
  /** How the entry changed who receives the next ones; as the publishing pod wrote it. */
  readonly delta?: unknown
}

export type BusHandlers = {
  /** An entry of a subscribed conversation; `header.origin` is the boot id of the pod that published it, never this one. */
  onEntry(conversation: ConversationId, header: EntryHeader & { readonly origin: string }, frame: Buffer): void
  onUserEvent(user: UserId, event: unknown, origin: string): void
  /** Something may have been missed: read the log at once. Comes in bursts. */
  onSuspect(reason: string): void
}

export type BusCounts = PublishCounts & {
  readonly received: number
  /** Packets of this pod, which came back. */
  readonly own: number
  /** Packets that no pod sealed for that channel, or of an unknown version. */
  readonly refused: number
  readonly suspects: number
}

export type Bus = {
  /** From now on messages and events come in; before, they are dropped. */
  listen(handlers: BusHandlers): void
  /** Fire and forget. `frame`: the final bytes that other pods write to their sockets. */
  publish(conversation: ConversationId, header: EntryHeader, frame: Uint8Array): void
  publishUser(user: UserId, event: object): void
  /** See `Subscriptions.add`: resolves when confirmed, at the latest after about a second; counts references. */
  subscribe(conversations: Iterable<ConversationId>): Promise<void>
  unsubscribe(conversations: Iterable<ConversationId>): void
  subscribeUsers(users: Iterable<UserId>): Promise<void>
  unsubscribeUsers(users: Iterable<UserId>): void
  /** What is published arrives, as far as this pod can tell. While false, sweep each second. */
  healthy(): boolean
  /**
   * How long Redis takes to answer on the connection on which packets come in, and so how long they wait there; over a cluster, the
   * slowest. Grows for as long as Redis does not answer.
   */
  lagMs(): number
  counts(): BusCounts
  close(): Promise<void>
}

export type BusOptions = RedisTarget & {
  /** At least 32 bytes, shared by all pods and by nobody else. */
  readonly hmacKey: Uint8Array
  /** This pod's boot id. */
  readonly origin: string
  readonly log: Log
  readonly prefix?: string
  readonly timings?: Partial<typeof defaultTimings>
}

const defaultTimings = {
  /** With `socketTimeoutMs`: a Redis that is stopped or cut off is noticed within 4 s. */
  pingEveryMs: 1_000,
  socketTimeoutMs: 3_000,
  beatEveryMs: 2_000,
  silentAfterMs: 6_000,
}
/** The process stood still (stopped, suspended, starved) for longer than a timer may reasonably be late. */
const stallMs = 2_000
const clockMs = 1_000

/**
 * The pods' way to tell each other of new entries at once. At most once and only a hint: what is lost here is found in the
 * log by the reader's sweep. Everything is authenticated with the key that the pods share (see `sealPacket`).
 */
export function createBus({ redisUrl, redisCa, hmacKey, origin, log, prefix, timings }: BusOptions): Bus {
  const key = busKey(hmacKey)
  const ownMark = originMark(origin)
  const times = { ...defaultTimings, ...timings }
  const keys = createKeys(prefix)
  const counts = { received: 0, own: 0, refused: 0, suspects: 0 }
  let handlers: BusHandlers | undefined
  let isClosed = false

  const openTransport = parseRedisUrl(redisUrl).isCluster ? openClusterTransport : openSingleTransport
  const transport = openTransport({
    ...times,
    redisUrl,
    redisCa,
    log,
    keys,
    origin,
    onMessage: receive,
    onSuspect: suspect,
  })

  let lastTickAt = performance.now()
  const clock = setInterval(() => {
    if (performance.now() - lastTickAt > clockMs + stallMs) suspect('stall')
    lastTickAt = performance.now()
  }, clockMs)

  function suspect(reason: string): void {
    if (isClosed) return
    counts.suspects++
    guard(() => handlers?.onSuspect(reason))
  }

  function receive(name: Buffer, packet: Buffer): void {
    const channelName = name.toString('latin1')
    const channel = keys.parseChannel(channelName)
    if (channel === 'canary') {
      transport.heardBeat(channelName)
      return
    }
    // What this pod published it has told its own sockets already. Whoever forges our origin only has thrown away what the MAC
    // would have thrown away, and who repeats a packet of ours, what is known.
    if (isFrom(ownMark, packet)) {
      counts.own++
      return
    }
    const opened = openPacket(key, channelName, packet)
    if (opened === undefined) {
      counts.refused++
      return
    }
    counts.received++
    guard(() => {
      // What carries our MAC was written by `publish` or `publishUser` of some pod, so it has their form.
      if ('user' in channel) {
        const { origin: from } = opened.header as { origin: string }
        handlers?.onUserEvent(channel.user, JSON.parse(opened.body.toString()), from)
      } else {
        const header = opened.header as EntryHeader & { origin: string }
        // A copy, because the view would keep the whole chunk that was read from the socket alive.
        handlers?.onEntry(channel.conversation, header, Buffer.from(opened.body))
      }
    })
  }

  /** A fault of a handler must not become a fault of the connection that called it. */
  function guard(handle: () => void): void {
    try {
      handle()
    } catch (error) {
      log.warn({ reason: redactError(error) }, 'bus handler failed')
    }
  }

  function send(channel: string, header: object, body: Uint8Array): void {
    if (!isClosed) transport.send(channel, sealPacket(key, channel, header, body))
  }

  return {
    listen: (given) => {
      handlers = given
    },
    publish: (conversation, header, frame) => send(keys.conversation(conversation), { ...header, origin }, frame),
    publishUser: (user, event) => send(keys.user(user), { origin }, Buffer.from(JSON.stringify(event))),
    subscribe: (conversations) => transport.add(Array.from(conversations, keys.conversation)),
    unsubscribe: (conversations) => transport.remove(Array.from(conversations, keys.conversation)),
    subscribeUsers: (users) => transport.add(Array.from(users, keys.user)),
    unsubscribeUsers: (users) => transport.remove(Array.from(users, keys.user)),
    healthy: transport.isHealthy,
    lagMs: transport.lagMs,
    counts: () => ({ ...counts, ...transport.counts() }),
    async close() {
      if (isClosed) return
      isClosed = true
      clearInterval(clock)
      await transport.close() // what was published still goes out
    },
  }
}
