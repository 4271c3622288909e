import type { PodRecord } from '@fastchat/cluster'
import { buildServer, type Server } from '@fastchat/service'
import type { Deps } from './deps.ts'
import { Admission } from './domain/admission.ts'
import { exposeCounts } from './expose-counts.ts'
import { createChatSockets } from './pod/chat-sockets.ts'
import { registerRoutes } from './routes/index.ts'
import { limitRequests, uploadTimeoutMs } from './routes/limit-requests.ts'
import { bindWebSocket } from './socket/ws-route.ts'

/** Over its capacity a pod is slower, but those who were sent here by an old list should not be turned away. */
const overCapacity = 1.2

/** Beside the drain, to answer and close. */
const drainGraceMs = 10_000

export async function buildApp(deps: Deps): Promise<Server> {
  const { log, life, verifier, store, bus, limits, rates, metrics, trustProxy, nowMs, clock } = deps
  const admission = new Admission({ ...limits, connects: rates.connects, nowMs })
  let record: PodRecord | undefined
  const sockets = life.own(
    createChatSockets({
      ...deps,
      origin: deps.bootId,
      verify: verifier.device,
      maxConnections: Math.ceil(deps.capacity * overCapacity),
      wallMs: Date.now,
      onArrived: (device) => record?.arrived(device),
      onLeave: async () => record?.drain(),
      onAsked: metrics.askedToGo,
      onShed: metrics.shed,
      onClosed: metrics.closed,
      onSwept: metrics.swept,
      isClockOff: () => clock.isOff,
    }),
    (it) => it.close(),
  )
  deps.announcer.announce = sockets.announce
  exposeCounts(metrics.registry, { capacity: deps.capacity, sockets, writer: store.writer, bus, clock })

  const ready = () => {
    const isReady = sockets.isReady()
    const isLeaving = sockets.refusal() === 'draining'
    return { ok: isReady && !isLeaving && !clock.isOff, checks: { postgres: isReady, clock: !clock.isOff } }
  }
  const server = await buildServer({
    name: 'chat',
    log,
    life,
    verifier,
    metrics: metrics.registry,
    ready,
    onLeave: sockets.leave,
    closeTimeoutMs: deps.drainMs + drainGraceMs,
    requestTimeoutMs: uploadTimeoutMs,
    ...(trustProxy !== undefined && { trustProxy }),
  })
  await bindWebSocket(server, { pod: deps.pod, sockets, admission, onMisrouted: metrics.misrouted })
  limitRequests(server, rates)
  registerRoutes(server, { ...store, rates })
  // The balancer learns of the pod when its port is open.
  server.app.addHook('onListen', async () => {
    const { counts, isShedding } = sockets
    const load = () => ({ connections: counts().connections, isShedding: isShedding(), isUnfit: clock.isOff })
    record = deps.report(load, sockets.drain)
  })
  server.app.addHook('onClose', async () => record?.close())
  return server
}
