import { setTimeout as delay } from 'node:timers/promises'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Lifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** Endpoints, DNS and proxies have heard by then that nobody should be sent here. */
const leaveMs = 5_000

export type Readiness = { readonly ok: boolean; readonly checks: Readonly<Record<string, boolean>> }

export type AdminOptions = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly metrics: Metrics
  /** Whether it makes sense to send requests here now. */
  readonly ready: () => Readiness | Promise<Readiness>
  /** The process is about to be stopped: take no new work, and say so to whoever hands it out. Called once. */
  readonly onLeave?: () => unknown
}

/**
 * What operators and their machines ask, on a port of its own that no public route leads to:
 *
 * - `/livez`: the event loop turns. Asks no dependency: restarting everybody mends no database.
 * - `/startupz`: has been ready once.
 * - `/readyz`: may be sent new work. Redis is not asked for: without it sends are stored and delivered as ever, and if all pods said no
 *   at once, nobody would be left to say `busy`.
 * - `/metrics`: Prometheus.
 * - `/drain`: leaves, and answers when others have had time to notice. For a container's preStop, before SIGTERM.
 */
export function buildAdmin({ log, life, metrics, ready, onLeave }: AdminOptions): FastifyInstance {
  const admin: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger, // pino's logger is what that type describes
    logController: new LogController({ disableRequestLogging: true }),
    // A probe that waits must not hold up the end.
    forceCloseConnections: true,
  })
  let hasStarted = false
  let isLeaving = false

  async function readiness(): Promise<Readiness> {
    const { ok, checks } = await ready()
    const isReady = ok && !isLeaving && !life.isClosing
    hasStarted ||= isReady
    return { ok: isReady, checks }
  }

  admin.get('/livez', () => ({ ok: true }))
  admin.get('/readyz', async (_, reply) => {
    const answer = await readiness()
    return reply.code(answer.ok ? 200 : 503).send(answer)
  })
  admin.get('/startupz', async (_, reply) => {
    const answer = hasStarted ? { ok: true, checks: {} } : await readiness()
    return reply.code(answer.ok ? 200 : 503).send(answer)
  })
  admin.get('/metrics', async (_, reply) => reply.type(metrics.contentType).send(await metrics.metrics()))
  admin.get('/drain', async () => {
    if (!isLeaving) {
      isLeaving = true
      log.info({}, 'leaving')
      await onLeave?.()
    }
    await delay(leaveMs, undefined, { ref: false })
    return { ok: true }
  })
  return admin
}
