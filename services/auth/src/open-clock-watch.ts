import type { Clock } from '@fastchat/clock'
import { type Commands, redisNowMs } from '@fastchat/cluster'
import type { PrismaClient } from '@fastchat/db'
import { type ClockWatch, type Lifecycle, type Logger, openClockWatch as openWatch } from '@fastchat/service'

type ClockDeps = {
  readonly prisma: PrismaClient
  readonly redis: Commands
  readonly clock: Clock
  readonly log: Logger
  readonly life: Lifecycle
  readonly toleranceMs: number
}

/**
 * Compares the clock of this machine with those of PostgreSQL and Redis, every few seconds. A wrong
 * clock would issue tokens that all pods reject, and accept expired ones.
 */
export function openClockWatch({ prisma, redis, clock, ...options }: ClockDeps): ClockWatch {
  async function databaseMs(): Promise<number> {
    const [row] = await prisma.$queryRaw<{ ms: number }[]>`
      select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`
    return row?.ms ?? Number.NaN
  }
  return openWatch({ ...options, references: [databaseMs, () => redisNowMs(redis)], wallMs: clock.wallMs }).watch
}
