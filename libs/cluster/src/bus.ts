import type { Clock } from '@fastchat/clock'
import type { ConversationId, EntryKind, UserId } from '@fastchat/schema'
import { openClusterTransport } from './cluster-transport.ts'
import type { RedisTarget } from './connections.ts'
import type { PublishCounts } from './fast-publisher.ts'
import { createKeys } from './keys.ts'
import { type Log, redactError } from './log.ts'
import { busKey, isFrom, openPacket, originMark, sealPacket } from './packet.ts'
import { parseRedisUrl } from './redis-url.ts'
import { openSingleTransport } from './single-transport.ts'

/** The facts that a pod needs before it may deliver an entry. */
export type EntryHeader = {
  readonly seq: number
  readonly kind: EntryKind
  /** How the entry changes who receives later entries, as the publishing pod wrote it. */
  readonly delta?: unknown
  /** Set for a signal, which is no entry: the key of the device that sent it. `seq` is 0 then. */
  readonly signalOf?: number
}

export type BusHandlers = {
  /**
   * Called for an entry of a subscribed conversation. `header.origin` is the boot id of the pod
   * that published it, which is never this pod.
   */
  onEntry(conversation: ConversationId, header: EntryHeader & { readonly origin: string }, frame: Buffer): void
  onUserEvent(user: UserId, event: unknown, origin: string): void
  /** Called when packets may have been lost: read the log at once. Calls come in bursts. */
  onSuspect(reason: string): void
}

export type BusCounts = PublishCounts & {
  readonly received: number
  /** Packets of this pod that came back. */
  readonly own: number
  /** Packets with a wrong MAC or of an unknown version. */
  readonly refused: number
  readonly suspects: number
}

export type Bus = {
  /** Sets the handlers. Packets that arrive before this call are dropped. */
  listen(handlers: BusHandlers): void
  /** Publishes without waiting. `frame` holds the bytes that other pods write to their sockets. */
  publish(conversation: ConversationId, header: EntryHeader, frame: Uint8Array): void
  publishUser(user: UserId, event: object): void
  /** Resolves once Redis has confirmed, after a second at most. Counts references. */
  subscribe(conversations: Iterable<ConversationId>): Promise<void>
  unsubscribe(conversations: Iterable<ConversationId>): void
  subscribeUsers(users: Iterable<UserId>): Promise<void>
  unsubscribeUsers(users: Iterable<UserId>): void
  /** Returns whether published packets seem to arrive here. While false, sweep each second. */
  healthy(): boolean
  /**
   * Returns how long Redis takes to answer on the connection that packets arrive on. Packets wait
   * there as long. Over a cluster it is the slowest server. It grows while Redis does not answer.
   */
  lagMs(): number
  counts(): BusCounts
  close(): Promise<void>
}

export type BusOptions = RedisTarget & {
  /** A secret of at least 32 bytes that all pods share. */
  readonly hmacKey: Uint8Array
  /** The boot id of this pod. */
  readonly origin: string
  readonly log: Log
  readonly clock: Clock
  readonly random: () => number
  readonly prefix?: string
  readonly timings?: Partial<typeof defaultTimings>
}

const defaultTimings = {
  /** Pings find a stopped or unreachable Redis within 4 s, together with `socketTimeoutMs`. */
  pingEveryMs: 1_000,
  socketTimeoutMs: 3_000,
  beatEveryMs: 2_000,
  silentAfterMs: 6_000,
}
/** A timer that is this late shows that the process was stopped, suspended or starved of CPU. */
const stallMs = 2_000
const clockMs = 1_000

/**
 * Opens the bus, by which pods tell each other of new entries at once. A packet arrives at most
 * once and is only a hint: the sweep of the reader finds lost entries in the log. Every packet is
 * authenticated with the key that the pods share (see `sealPacket`).
 */
export function createBus(options: BusOptions): Bus {
  const { redisUrl, redisCa, hmacKey, origin, log, clock, random, prefix, timings } = options
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
    clock,
    random,
    keys,
    origin,
    onMessage: receive,
    onSuspect: suspect,
  })

  let lastTickAt = clock.monotonicMs()
  const stallWatch = setInterval(() => {
    if (clock.monotonicMs() - lastTickAt > clockMs + stallMs) suspect('stall')
    lastTickAt = clock.monotonicMs()
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
    // This pod has already written its own packets to its sockets. A forged origin only makes us
    // drop a packet that the MAC check would drop anyway. A replayed packet carries a sequence
    // number that we already have.
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
      // The casts hold: only `publish` and `publishUser` of a pod make packets with our MAC.
      if ('user' in channel) {
        const { origin: from } = opened.header as { origin: string }
        handlers?.onUserEvent(channel.user, JSON.parse(opened.body.toString()), from)
      } else {
        const header = opened.header as EntryHeader & { origin: string }
        // Copied, because a view would keep the whole chunk of the socket in memory.
        handlers?.onEntry(channel.conversation, header, Buffer.from(opened.body))
      }
    })
  }

  /** Keeps an error of a handler away from the connection that called it. */
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
      clearInterval(stallWatch)
      await transport.close() // still publishes what is waiting
    },
  }
}
