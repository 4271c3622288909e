import type { Socket } from 'node:net'
import type { Bus, ReservedPlace } from '@fastchat/cluster'
import { type Candidate, closeCodes } from '@fastchat/schema'
import type { WebSocket } from 'ws'
import { ConversationFeeds } from '../delivery/conversation-feeds.ts'
import { CursorSaver } from '../delivery/cursor-saver.ts'
import { Devices } from '../delivery/devices.ts'
import { createFanOut } from '../delivery/fan-out.ts'
import { SweepLoop } from '../delivery/sweep-loop.ts'
import { createLimiter } from '../domain/limiter.ts'
import { Overload } from '../domain/overload.ts'
import { createPlaces } from '../domain/places.ts'
import type { Announce, Log, SendResult } from '../domain/ports.ts'
import type { PodView } from '../domain/rebalance.ts'
import { TokenBuckets } from '../domain/token-buckets.ts'
import { ClientSocket } from '../socket/client-socket.ts'
import type { Hub } from '../socket/hub.ts'
import { WriteBatch } from '../socket/write-batch.ts'
import { drain } from './drain.ts'
import { createRebalancer } from './rebalancer.ts'

export type ChatSocketsOptions = Pick<
  Hub,
  | 'pod'
  | 'log'
  | 'verify'
  | 'registry'
  | 'store'
  | 'limits'
  | 'rates'
  | 'traces'
  | 'nowMs'
  | 'wallMs'
  | 'random'
  | 'onArrived'
> & {
  readonly bus: Bus
  /** See `LagMeter`. */
  readonly takeLagMs: () => number
  /** This pod's boot id. */
  readonly origin: string
  /** More are turned away; the balancer stops sending them far earlier. */
  readonly maxConnections: number
  /** Nobody should be sent here any more. */
  readonly onLeave: () => Promise<void>
  /** See `DrainOptions`. */
  readonly drainMs: number
  readonly candidates: () => Promise<readonly Candidate[]>
  readonly onAsked: (afterMs: number) => void
  /** See `RebalancerOptions`. */
  readonly pods: () => Promise<readonly PodView[]>
  readonly reserve: (places: readonly ReservedPlace[]) => Promise<void>
  readonly onShed: (count: number) => void
  readonly onClosed: (code: string) => void
  readonly onSwept: (seconds: number) => void
  /** See `ClockWatch`: good tokens would be refused, so nobody new is taken. */
  readonly isClockOff: () => boolean
}

export type ChatSockets = {
  /** See `Announce`; the writer and the routes call it. */
  readonly announce: Announce
  /** Why a new connection can't be taken now; undefined if it can. */
  refusal(): 'draining' | 'clock' | 'full' | 'overloaded' | undefined
  /** `onKnown` is called when the device is known, or the socket gone; maybe twice. */
  accept(ws: WebSocket, socket: Socket, onKnown: () => void): void
  /** Clients are being sent to emptier pods. */
  isShedding(): boolean
  /** Postgres has been seen. */
  isReady(): boolean
  counts(): {
    readonly connections: number
    readonly devices: number
    readonly conversations: number
    /** WebSockets, ever; like those below. */
    readonly accepts: number
    readonly deliveries: number
    readonly heals: number
    readonly sends: ReadonlyMap<SendResult, number>
  }
  /** Of all sockets: see `Connection`. Looks at each. */
  queuedBytes(): number
  /** See `Overload`. */
  lagMs(): number
  /** Takes nobody new from now on, and has the balancer know. Those who are here stay. */
  leave(): Promise<void>
  /** Leaves, and sends those who are here elsewhere; see `drain`. */
  drain(): Promise<void>
  close(): void
}

const tickMs = 1_000
/** Later than this, and the process stood still: whatever the bus had for it may be gone. */
const stallMs = 2_000
/** Reads of the log at once; the others wait here rather than time out in the pool's queue. */
const maxReads = 8
/** See `Overload`. */
const sampleLagMs = 2_000
/** A bucket is some 100 bytes; far more devices than a pod has connections. */
const maxSendBuckets = 100_000

/** All WebSockets of this pod, and what connects them with the log and the other pods. */
export function createChatSockets(options: ChatSocketsOptions): ChatSockets {
  const { bus, origin, registry, limits, traces, onClosed, onSwept, nowMs, random } = options
  const warn = (event: string) => (err: unknown) => options.log.warn({ err }, event)
  const store = { ...options.store, log: limited(options.store.log) }
  const sockets = new Set<ClientSocket>()
  const devices = new Devices()
  const feeds = new ConversationFeeds({
    log: store.log,
    bus,
    onDelta({ added, invited }) {
      for (const device of added) devices.find(device)?.refresh()
      for (const user of invited) devices.refreshUserKey(user)
    },
    onHealError: warn('gap not read'),
    traces,
  })
  const cursors = new CursorSaver(store.log)
  const fanOut = createFanOut({ bus, feeds, devices, registry, origin, traces })
  const counts = { accepts: 0, deliveries: 0, sends: new Map<SendResult, number>() }
  const overload = new Overload({ ...limits.shed, takeLagMs: options.takeLagMs })
  let leaving: Promise<void> | undefined
  let draining: Promise<void> | undefined
  const allClosed = Promise.withResolvers<void>()

  const hub: Hub = {
    ...options,
    store,
    feeds,
    devices,
    fanOut,
    cursors,
    counts,
    batch: new WriteBatch(nowMs),
    sends: new TokenBuckets(limits.sends, maxSendBuckets),
    arrivals: createPlaces(limits.arrivingDevices),
    overload,
    dbEpoch: () => sweeps.dbEpoch ?? store.log.dbEpoch(),
  }
  const sweeps = new SweepLoop({
    log: options.store.log,
    feeds,
    devices,
    isBusHealthy: bus.healthy,
    random,
    nowMs,
    onSwept,
    onError: warn('sweep failed'),
    onRestored() {
      options.log.warn({}, 'database restored')
      for (const { connection } of sockets) connection.close('restarting')
    },
  })
  bus.listen({ onEntry: fanOut.onEntry, onUserEvent: fanOut.onUserEvent, onSuspect: () => sweeps.soon() })

  let tickedAtMs = nowMs()
  const ticker = setInterval(() => {
    if (nowMs() - tickedAtMs > tickMs + stallMs) sweeps.soon()
    tickedAtMs = nowMs()
    for (const socket of sockets) socket.tick()
    cursors.flush().catch(warn('cursors not saved'))
  }, tickMs)

  function leave(): Promise<void> {
    leaving ??= options.onLeave()
    return leaving
  }

  const settled = () => options.store.writer.idle()
  const rebalancer = createRebalancer({
    ...options,
    limits: limits.rebalance,
    sockets,
    settled,
    isLeaving: () => leaving !== undefined,
    onError: warn('nobody sent to emptier pods'),
  })

  async function drainAll(): Promise<void> {
    await leave()
    await drain({ ...options, sockets, settled, allClosed: allClosed.promise })
    await cursors.flush().catch(warn('cursors not saved'))
  }

  const lagSampler = setInterval(() => overload.sample(), sampleLagMs)

  return {
    announce: fanOut.announce,
    refusal() {
      if (leaving) return 'draining'
      if (options.isClockOff()) return 'clock'
      if (sockets.size >= options.maxConnections) return 'full'
      return overload.refusesSockets ? 'overloaded' : undefined
    },
    isShedding: rebalancer.isShedding,
    isReady: () => sweeps.hasSucceeded,
    counts: () => ({
      connections: sockets.size,
      devices: devices.count,
      conversations: feeds.count,
      heals: feeds.healCount,
      ...counts,
    }),
    queuedBytes() {
      let bytes = 0
      for (const { connection } of sockets) bytes += connection.queuedBytes
      return bytes
    },
    lagMs: () => overload.lagMs,

    accept(ws, raw, onKnown) {
      const socket = new ClientSocket(hub, ws, raw, onKnown)
      sockets.add(socket)
      counts.accepts++
      ws.on('close', (code) => {
        sockets.delete(socket)
        socket.closed()
        onClosed(codeLabel(socket.connection.closing, code))
        if (leaving && sockets.size === 0) allClosed.resolve()
      })
    },

    leave,
    drain() {
      draining ??= drainAll()
      return draining
    },

    close() {
      clearInterval(ticker)
      clearInterval(lagSampler)
      rebalancer.close()
      sweeps.close()
    },
  }
}

function limited(log: Log): Log {
  const limit = createLimiter(maxReads)
  return {
    ...log,
    page: (...args) => limit(() => log.page(...args)),
    memberships: (session) => limit(() => log.memberships(session)),
  }
}

/** Clients choose their codes: only ours, and the usual ones, become labels. */
function codeLabel(closing: ClientSocket['connection']['closing'], code: number): string {
  if (closing !== undefined) return String(closeCodes[closing].code)
  return code >= 1000 && code < 1016 ? String(code) : 'other'
}
