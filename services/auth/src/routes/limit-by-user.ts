import { actorOf } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { RateLimit } from '../domain/rate-limit.ts'

/** A hook that counts by the signed-in user, all devices together, before the body is read. */
export const limitByUser = (limit: RateLimit) => (req: FastifyRequest) => limit(actorOf(req).userId)
