import type { Pool } from '@fastchat/db'
import type { Logger } from '@fastchat/service'
import type { Attachments } from './attachments.ts'
import { cleanReservations } from './reservations.ts'
import { createRetention } from './retention.ts'
import { cleanFeed } from './sweep.ts'

const everyMs = 60_000
/** So that pods started together do not come together: each waits between half of it and once and a half. */
const pauseMs = (random: number) => everyMs * (0.5 + random)

export type Housekeeping = { stop(): Promise<void> }

export type HousekeepingDeps = {
  readonly pool: Pool
  readonly attachments: Pick<Attachments, 'collectOrphans'>
  /** See `createRetention`. */
  readonly keepDays: number
  readonly log: Pick<Logger, 'warn'>
  readonly random: () => number
}

/** Deletes, now and then and a little at a time, what nobody can ask for any more. Every pod does it; they skip each other's rows. */
export function createHousekeeping({ pool, attachments, keepDays, log, random }: HousekeepingDeps): Housekeeping {
  const { retire } = createRetention(pool, keepDays)
  let isStopped = false
  let underWay = Promise.resolve()
  let timer = setTimeout(tick, pauseMs(random())).unref()

  function tick(): void {
    underWay = clean().catch((err: unknown) => log.warn({ err }, 'housekeeping failed; it will be tried again'))
    void underWay.then(() => {
      if (!isStopped) timer = setTimeout(tick, pauseMs(random())).unref()
    })
  }

  async function clean(): Promise<void> {
    while (!isStopped && (await cleanFeed(pool)));
    while (!isStopped && (await cleanReservations(pool)));
    while (!isStopped && (await attachments.collectOrphans()));
    while (!isStopped && (await retire()));
  }

  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await underWay
    },
  }
}
