import { setTimeout as delay } from 'node:timers/promises'
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Lifecycle } from './lifecycle.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'

/** Endpoints, DNS and proxies stop sending requests here within this time. */
const leaveMs = 5_000

export type Readiness = { readonly ok: boolean; readonly checks: Readonly<Record<string, boolean>> }

export type AdminOptions = {
  readonly log: Logger
  readonly life: Lifecycle
  readonly metrics: Metrics
  /** Returns whether the process should get requests now. */
  readonly ready: () => Readiness | Promise<Readiness>
  /**
   * Called once when the process will stop soon: take no new work, and tell those who assign it.
   */
  readonly onLeave?: () => unknown
}

/**
 * Builds the operators' server. It has a separate port that no public route leads to.
 *
 * - `/livez`: the event loop runs. It asks no dependency, because a restart of every process fixes
 *   no database.
 * - `/startupz`: the process has been ready once.
 * - `/readyz`: the process may get new work. Redis need not answer: without it, sends are still
 *   stored and delivered. If all pods were unready at once, none would be left to answer `busy`.
 * - `/metrics`: Prometheus.
 * - `/drain`: stops new work, and answers after 5 s, when others have noticed. Use it in a
 *   container's preStop, before SIGTERM.
 */
export function buildAdmin({ log, life, metrics, ready, onLeave }: AdminOptions): FastifyInstance {
  const admin: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger, // the type describes pino's logger
    logController: new LogController({ disableRequestLogging: true }),
    // A waiting probe must not delay the end.
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
