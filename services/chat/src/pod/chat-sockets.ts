import type { Socket } from 'node:net'
import { type CloseReason, closeCodes } from '@fastchat/schema'
import type { WebSocket } from 'ws'
import { SweepLoop } from '../delivery/sweep-loop.ts'
import { Overload } from '../domain/overload.ts'
import type { SendResult } from '../domain/ports.ts'
import { type SocketRefusal, socketRefusal } from '../domain/socket-refusal.ts'
import type { ChatMetrics } from '../metrics.ts'
import type { Fleet } from '../open-fleet.ts'
import { ClientSocket } from '../socket/client-socket.ts'
import { createSocketDeps, type SocketParts } from '../socket/create-socket-deps.ts'
import type { SignalResult } from '../socket/handle-signal.ts'
import { drain } from './drain.ts'
import type { PodReport } from './pod-report.ts'
import { createRebalancer } from './rebalancer.ts'
import { startTicks } from './start-ticks.ts'

export type ChatSocketsDeps = SocketParts & {
  readonly metrics: Pick<ChatMetrics, 'askedToGo' | 'closed' | 'shed' | 'swept'>
  readonly fleet: Pick<Fleet, 'candidates' | 'pods' | 'reserve'>
  readonly report: Pick<PodReport, 'arrived' | 'drain'>
  /** Reads how late the event loop was. See `LagMeter`. */
  readonly takeLagMs: () => number
  /** Further connections are rejected. The balancer stops sending clients far earlier. */
  readonly maxConnections: number
  /** The time over which clients leave. See `DrainOptions`. */
  readonly drainMs: number
  /**
   * Whether the pod's clock is off. It would reject valid tokens, so it takes no new connections.
   */
  readonly isClockOff: () => boolean
}

export type SocketCounts = {
  readonly connections: number
  readonly devices: number
  readonly conversations: number
  /** The number of WebSockets accepted since the start. */
  readonly accepts: number
  readonly deliveries: number
  readonly heals: number
  readonly sends: ReadonlyMap<SendResult, number>
  readonly signals: ReadonlyMap<SignalResult, number>
}

export type ChatSockets = {
  /** Returns why a new connection can't be taken now, or undefined if it can. */
  refusal(): SocketRefusal | undefined
  /**
   * Takes a connection. `onKnown` is called when the device is known or the socket is gone, perhaps
   * twice.
   */
  accept(ws: WebSocket, socket: Socket, onKnown: () => void): void
  /** Whether the pod is sending clients to emptier pods. */
  isShedding(): boolean
  /** Whether PostgreSQL has answered. */
  isReady(): boolean
  counts(): SocketCounts
  /** Returns the bytes queued on all sockets; see `Connection`. It looks at each socket. */
  queuedBytes(): number
  /** Returns the lag at the last sample. See `Overload`. */
  lagMs(): number
  /** Takes no new connections from now on, and tells the balancer. Connected clients stay. */
  leave(): Promise<void>
  /** Leaves, and sends the connected clients elsewhere. See `drain`. */
  drain(): Promise<void>
  close(): void
}

/** Creates the WebSockets of this pod, and connects them with the log and the other pods. */
export function createChatSockets(deps: ChatSocketsDeps): ChatSockets {
  const { bus, clock, random, limits, delivery, writer, metrics, fleet, report } = deps
  const { feeds, devices, fanOut, cursors, keeper, entries } = delivery
  const warn = (event: string) => (err: unknown) => deps.log.warn({ err }, event)
  const sockets = new Set<ClientSocket>()
  const counts = {
    accepts: 0,
    deliveries: 0,
    sends: new Map<SendResult, number>(),
    signals: new Map<SignalResult, number>(),
  }
  const overload = new Overload({ ...limits.shed, takeLagMs: deps.takeLagMs })
  const allClosed = Promise.withResolvers<void>()
  let leaving: Promise<void> | undefined
  let draining: Promise<void> | undefined

  const sweeps = new SweepLoop({
    log: entries,
    feeds,
    devices,
    isBusHealthy: bus.healthy,
    random,
    monotonicMs: clock.monotonicMs,
    onSwept: metrics.swept,
    onError: warn('sweep failed'),
    onRestored() {
      deps.log.warn({}, 'database restored')
      for (const { connection } of sockets) connection.close('restarting')
    },
  })
  bus.listen({ onEntry: fanOut.onEntry, onUserEvent: fanOut.onUserEvent, onSuspect: () => sweeps.soon() })
  const socketDeps = createSocketDeps(deps, {
    overload,
    counts,
    dbEpoch: () => sweeps.dbEpoch ?? entries.dbEpoch(),
    onArrived: (device) => report.arrived(device),
  })
  const stopTicks = startTicks({
    sockets,
    cursors,
    keeper,
    overload,
    monotonicMs: clock.monotonicMs,
    onStalled: () => sweeps.soon(),
    onCursorError: warn('cursors not saved'),
    onKeepError: warn('signals not saved'),
  })

  function leave(): Promise<void> {
    leaving ??= report.drain()
    return leaving
  }

  const sendAway = { sockets, settled: () => writer.idle(), random, onAsked: metrics.askedToGo }
  const rebalancer = createRebalancer({
    ...sendAway,
    pod: deps.pod,
    limits: limits.rebalance,
    pods: fleet.pods,
    reserve: fleet.reserve,
    isLeaving: () => leaving !== undefined,
    onShed: metrics.shed,
    onError: warn('no client sent to emptier pods'),
  })

  async function drainAll(): Promise<void> {
    await leave()
    const { drainMs } = deps
    await drain({ ...sendAway, drainMs, candidates: fleet.candidates, allClosed: allClosed.promise })
    await cursors.flush().catch(warn('cursors not saved'))
    await keeper.flush().catch(warn('signals not saved'))
  }

  return {
    refusal: () =>
      socketRefusal({
        isLeaving: leaving !== undefined,
        isClockOff: deps.isClockOff(),
        connections: sockets.size,
        maxConnections: deps.maxConnections,
        isOverloaded: overload.refusesSockets,
      }),

    accept(ws, raw, onKnown) {
      const socket = new ClientSocket(socketDeps, ws, raw, onKnown)
      sockets.add(socket)
      counts.accepts++
      ws.on('close', (code) => {
        sockets.delete(socket)
        socket.closed()
        metrics.closed(codeLabel(socket.connection.closing, code))
        if (leaving && sockets.size === 0) allClosed.resolve()
      })
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
    leave,
    drain() {
      draining ??= drainAll()
      return draining
    },

    close() {
      stopTicks()
      rebalancer.close()
      sweeps.close()
    },
  }
}

/**
 * Returns the label for a close code. Clients choose their codes, so only the pod's and the
 * standard ones become labels.
 */
function codeLabel(closing: CloseReason | undefined, code: number): string {
  if (closing !== undefined) return String(closeCodes[closing].code)
  return code >= 1000 && code < 1016 ? String(code) : 'other'
}
