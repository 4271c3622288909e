import type { WallMs } from '@fastchat/clock'
import { type Commands, redisNowMs } from '@fastchat/cluster'
import type { Pool } from '@fastchat/db'
import type { Lifecycle, Logger } from '@fastchat/service'
import { ClockWatch } from './domain/clock-watch.ts'

const everyMs = 5_000

export type ClockDeps = {
  readonly pool: Pool
  readonly redis: Commands
  readonly log: Logger
  readonly life: Lifecycle
  readonly toleranceMs: number
  readonly wallMs: () => WallMs
}

/** Compares the clocks once before it resolves, and then each few seconds. */
export async function openClockWatch({ pool, redis, log, life, toleranceMs, wallMs }: ClockDeps): Promise<ClockWatch> {
  const watch = new ClockWatch({
    toleranceMs,
    async databaseMs() {
      const { rows } = await pool.query<{ ms: number }>(
        `select (extract(epoch from clock_timestamp()) * 1000)::bigint as ms`,
      )
      return rows[0]?.ms ?? Number.NaN
    },
    redisMs: () => redisNowMs(redis),
    wallMs,
    onChange(isOff, aheadMs) {
      if (isOff) log.error({ aheadMs }, 'the clock of this pod is wrong: it takes no clients until the clock is set')
      else log.warn({ aheadMs }, 'the clock of this pod is right again')
    },
  })
  await watch.look()
  let looking = Promise.resolve()
  const timer = setInterval(() => {
    looking = looking.then(() => watch.look())
  }, everyMs)
  life.own(timer, async (it) => {
    clearInterval(it)
    await looking
  })
  return watch
}
