import type { SharedLimit } from '@fastchat/cluster'
import { chatOperations } from '@fastchat/schema'
import { AppError, networkOf, type Server } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { Rates } from '../rates.ts'

/** The time that the largest attachment takes at a quarter of a megabit a second. */
export const uploadTimeoutMs = 15 * 60_000
/** The time limit for any other body. */
const bodyTimeoutMs = 60_000

/**
 * Limits requests by address, before their token is checked. Only `/v1/` counts: WebSockets have
 * other limits, and operators' paths have none.
 */
export function limitRequests({ app }: Server, { requests }: Pick<Rates, 'requests'>): void {
  app.addHook('onRequest', async (req) => {
    const { url } = req.routeOptions
    if (!url?.startsWith('/v1/')) return
    takeOrRefuse(requests, networkOf(req.ip))
    if (req.method !== 'GET' && url !== chatOperations.putAttachment.path) cutSlowBody(req)
  })
}

/**
 * Takes `cost` from a limit.
 *
 * @throws AppError `rate_limited`
 */
export function takeOrRefuse(limit: SharedLimit, key: string, cost = 1): void {
  const retryMs = limit.take(key, cost)
  if (retryMs > 0) throw new AppError('rate_limited', undefined, { retryMs })
}

/** Ends a request whose body takes too long. The server's timeout is long enough for an upload. */
function cutSlowBody({ raw }: FastifyRequest): void {
  const timer = setTimeout(() => raw.destroy(), bodyTimeoutMs).unref()
  raw.once('end', () => clearTimeout(timer))
  raw.once('close', () => clearTimeout(timer))
}
