import { actorOf } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { RateLimit } from '../domain/rate-limit.ts'

/** A hook that counts by the signed-in user, all devices together, before the body is read. */
export const limitByUser = (limit: RateLimit) => (req: FastifyRequest) => limit(actorOf(req).userId)

/** A hook that counts the bytes of bodies by the signed-in user. One that does not say its length counts as the longest. */
export const limitBytesByUser = (limit: RateLimit, maxBytes: number) => (req: FastifyRequest) =>
  limit(actorOf(req).userId, Math.min(maxBytes, Number(req.headers['content-length'] ?? maxBytes)))
