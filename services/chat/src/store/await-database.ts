import { setTimeout as delay } from 'node:timers/promises'
import { isOutage, type Logger } from '@fastchat/service'

/** The first connection may take this long on a machine that starts everything at once. */
const waitMs = 60_000
const pauseMs = 500

/**
 * Repeats `ask` while the database does not answer, for at most a minute. A running pod survives an
 * outage of the database, so a starting pod must survive it, too. Rejects at once for any other
 * error.
 */
export async function awaitDatabase<T>(ask: () => Promise<T>, log: Pick<Logger, 'warn'>): Promise<T> {
  const until = performance.now() + waitMs
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (err) {
      if (!isOutage(err) || performance.now() > until) throw err
      if (tries === 1) log.warn({ err }, 'waiting for the database')
    }
    await delay(pauseMs)
  }
}
