import { buildServer, type Server } from '@fastchat/service'
import type { Deps } from './deps.ts'
import { Admission } from './domain/admission.ts'
import { exposeCounts } from './expose-counts.ts'
import { createChatSockets } from './pod/chat-sockets.ts'
import { PodReport } from './pod/pod-report.ts'
import { registerRoutes } from './routes/index.ts'
import { limitRequests, uploadTimeoutMs } from './routes/limit-requests.ts'
import { bindWebSocket } from './socket/ws-route.ts'

/** A pod above its capacity is slower, but it still takes clients that an old list sent here. */
const overCapacity = 1.2

/** The time beside the drain to answer and close. */
const drainGraceMs = 10_000

export async function buildApp(deps: Deps): Promise<Server> {
  const { log, life, newRequestId, verifier, store, bus, limits, rates, metrics, trustProxy, clock, clockWatch } = deps
  const { writer, membership } = deps.writers
  const admission = new Admission({ ...limits, connects: rates.connects, monotonicMs: clock.monotonicMs })
  const report = new PodReport(deps.fleet.report)
  const sockets = life.own(
    createChatSockets({
      ...deps,
      signals: store.signals,
      verify: verifier.device,
      writer,
      report,
      maxConnections: Math.ceil(deps.capacity * overCapacity),
      isClockOff: () => clockWatch.isOff,
    }),
    (it) => it.close(),
  )
  exposeCounts(metrics.registry, { capacity: deps.capacity, sockets, writer, bus, clockWatch, pushes: deps.pushRounds })

  const ready = () => {
    const isReady = sockets.isReady()
    const isLeaving = sockets.refusal() === 'draining'
    return { ok: isReady && !isLeaving && !clockWatch.isOff, checks: { postgres: isReady, clock: !clockWatch.isOff } }
  }
  const server = await buildServer({
    name: 'chat',
    log,
    life,
    newRequestId,
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
  registerRoutes(server, { ...store, membership, rates, push: deps.push })
  // The balancer learns of the pod once its port is open.
  server.app.addHook('onListen', async () => {
    const { counts, isShedding } = sockets
    const load = () => ({ connections: counts().connections, isShedding: isShedding(), isUnfit: clockWatch.isOff })
    report.start(load, sockets.drain)
  })
  server.app.addHook('onClose', async () => report.close())
  return server
}
