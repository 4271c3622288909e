import { networkOf } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { RateLimit } from '../domain/rate-limit.ts'

/**
 * The requests that a network may make without a token. Each purpose has a separate budget, so none
 * uses up another's.
 */
export type Purpose = 'signup' | 'login' | 'session'

/** Returns a hook that counts by the caller's network and purpose, before the body is read. */
export const limitByIp = (perIp: RateLimit, purpose: Purpose) => (req: FastifyRequest) =>
  perIp(`${purpose} ${networkOf(req.ip)}`)
