import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, later } from '@fastchat/clock'
import { isOutage, type Logger } from '@fastchat/service'

/** The first connection may take this long on a machine that starts everything at once. */
const waitMs = 60_000
const pauseMs = 500

type AwaitDeps = { readonly log: Pick<Logger, 'warn'>; readonly clock: Pick<Clock, 'monotonicMs'> }

/**
 * Repeats `ask` while the database does not answer, for at most a minute. A running pod survives an
 * outage of the database, so a starting pod must survive it, too. Rejects at once for any other
 * error.
 */
export async function awaitDatabase<T>(ask: () => Promise<T>, { log, clock }: AwaitDeps): Promise<T> {
  const until = later(clock.monotonicMs(), waitMs)
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (err) {
      if (!isOutage(err) || clock.monotonicMs() > until) throw err
      if (tries === 1) log.warn({ err }, 'waiting for the database')
    }
    await delay(pauseMs)
  }
}
