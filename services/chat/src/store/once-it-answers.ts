import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, later } from '@fastchat/clock'
import { isOutage, type Logger } from '@fastchat/service'

/** A machine that is starting everything at once may take this long for a first connection. */
const waitMs = 60_000
const pauseMs = 500

export type OnceDeps = { readonly log: Pick<Logger, 'warn'>; readonly clock: Pick<Clock, 'monotonicMs'> }

/**
 * Asks the database something at the start of a pod, again and again while it does not answer: what a pod that runs outlasts must not end
 * one that starts. Rejects at once for any other error, and when a minute is over.
 */
export async function onceItAnswers<T>(ask: () => Promise<T>, { log, clock }: OnceDeps): Promise<T> {
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
