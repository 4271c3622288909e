import { networkOf } from '@fastchat/service'
import type { FastifyRequest } from 'fastify'
import type { RateLimit } from '../domain/rate-limit.ts'

/** A hook that counts by the caller's address, before its body is read. */
export const limitByIp = (perIp: RateLimit) => (req: FastifyRequest) => perIp(networkOf(req.ip))
