import { networkOf } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { RateLimit } from '../domain/rate-limit.ts'

/** What a network may ask for without a token. Each purpose has a budget of its own, so that none uses up another's. */
export type Purpose = 'signup' | 'login' | 'session'

/** A hook that counts by the caller's network and purpose, before the body is read. */
export const limitByIp = (perIp: RateLimit, purpose: Purpose) => (req: FastifyRequest) =>
  perIp(`${purpose} ${networkOf(req.ip)}`)
