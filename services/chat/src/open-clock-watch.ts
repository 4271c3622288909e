import type { WallMs } from '@fastchat/clock'
import { type Commands, redisNowMs } from '@fastchat/cluster'
import type { Pool } from '@fastchat/db'
import { type ClockWatch, type Lifecycle, type Logger, openClockWatch as openWatch } from '@fastchat/service'

type ClockDeps = {
  readonly pool: Pool
  readonly redis: Commands
  readonly log: Logger
  readonly life: Lifecycle
  readonly toleranceMs: number
  readonly wallMs: () => WallMs
}

/** Compares the clock of this pod with those of PostgreSQL and Redis, now and every few seconds. */
export async function openClockWatch({ pool, redis, ...options }: ClockDeps): Promise<ClockWatch> {
  async function databaseMs(): Promise<number> {
    const { rows } = await pool.query<{ ms: number }>(
      `select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`,
    )
    return rows[0]?.ms ?? Number.NaN
  }
  const { watch, firstLook } = openWatch({
    ...options,
    references: [databaseMs, () => redisNowMs(redis)],
  })
  await firstLook
  return watch
}
