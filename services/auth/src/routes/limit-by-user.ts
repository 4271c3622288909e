import { actorOf } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { RateLimit } from '../domain/rate-limit.ts'

/** Returns a hook that counts by the signed-in user, over all devices, before the body is read. */
export const limitByUser = (limit: RateLimit) => (req: FastifyRequest) => limit(actorOf(req).userId)

/**
 * Returns a hook that counts the bytes of bodies by the signed-in user. A body without a length
 * counts as the longest.
 */
export const limitBytesByUser = (limit: RateLimit, maxBytes: number) => (req: FastifyRequest) =>
  limit(actorOf(req).userId, Math.min(maxBytes, Number(req.headers['content-length'] ?? maxBytes)))
