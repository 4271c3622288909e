import type { SharedLimit } from '@fastchat/cluster'
import { chatOperations } from '@fastchat/schema'
import { AppError, networkOf, type Server } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { Rates } from '../rates.ts'

/** The largest attachment over a line of a quarter of a megabit a second. */
export const uploadTimeoutMs = 15 * 60_000
/** Any other body. */
const bodyTimeoutMs = 60_000

/** By address, before a token is looked at: WebSockets have rules of their own, and `/livez` and the like are the operator's. */
export function limitRequests({ app }: Server, { requests }: Pick<Rates, 'requests'>): void {
  app.addHook('onRequest', async (req) => {
    const { url } = req.routeOptions
    if (!url?.startsWith('/v1/')) return
    takeOrRefuse(requests, networkOf(req.ip))
    if (req.method !== 'GET' && url !== chatOperations.putAttachment.path) cutSlowBody(req)
  })
}

/** @throws AppError `rate_limited` */
export function takeOrRefuse(limit: SharedLimit, key: string, cost = 1): void {
  const retryMs = limit.take(key, cost)
  if (retryMs > 0) throw new AppError('rate_limited', undefined, { retryMs })
}

/** The server's own timeout is as long as an upload may take. */
function cutSlowBody({ raw }: FastifyRequest): void {
  const timer = setTimeout(() => raw.destroy(), bodyTimeoutMs).unref()
  raw.once('end', () => clearTimeout(timer))
  raw.once('close', () => clearTimeout(timer))
}
