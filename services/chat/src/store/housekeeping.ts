import type { Pool } from '@fastchat/db'
import type { Logger } from '@fastchat/service'
import type { Attachments } from './attachments.ts'
import { cleanPushSubscriptions } from './push-subscriptions.ts'
import { cleanReservations } from './reservations.ts'
import { createRetention } from './retention.ts'
import { cleanFeed } from './sweep.ts'

const everyMs = 60_000
/**
 * Returns the time to the next cleaning. Pods that start together should not clean together, so it
 * is half to one and a half times the interval.
 */
const pauseMs = (random: number) => everyMs * (0.5 + random)

export type Housekeeping = { stop(): Promise<void> }

export type HousekeepingDeps = {
  readonly pool: Pool
  readonly attachments: Pick<Attachments, 'collectOrphans'>
  /** Days as in `createRetention`. */
  readonly keepDays: number
  readonly log: Pick<Logger, 'warn'>
  readonly random: () => number
}

/**
 * Deletes rows that no request can ask for any more, about once a minute and in small steps. All
 * pods do it, and each skips the rows that another pod has locked.
 */
export function createHousekeeping({ pool, attachments, keepDays, log, random }: HousekeepingDeps): Housekeeping {
  const { retire } = createRetention(pool, keepDays)
  let isStopped = false
  let underWay = Promise.resolve()
  let timer = setTimeout(tick, pauseMs(random())).unref()

  function tick(): void {
    underWay = clean().catch((err: unknown) => log.warn({ err }, 'housekeeping failed; it runs again in a minute'))
    void underWay.then(() => {
      if (!isStopped) timer = setTimeout(tick, pauseMs(random())).unref()
    })
  }

  async function clean(): Promise<void> {
    while (!isStopped && (await cleanFeed(pool)));
    while (!isStopped && (await cleanReservations(pool)));
    while (!isStopped && (await cleanPushSubscriptions(pool)));
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
