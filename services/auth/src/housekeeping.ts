import type { Logger } from '@fastchat/service'

const everyMs = 10 * 60_000

type Options = {
  /** Ends some idle sessions. Resolves true when more may be left. */
  readonly endIdle: () => Promise<boolean>
  readonly log: Pick<Logger, 'warn'>
  readonly random: () => number
}

/**
 * Ends idle sessions about every ten minutes, in small steps. All processes of auth do it, and each
 * skips the rows that another has locked.
 */
export function startHousekeeping({ endIdle, log, random }: Options): { stop(): Promise<void> } {
  let isStopped = false
  let underWay = Promise.resolve()
  /** Processes that start together should not work together. */
  const next = () => setTimeout(tick, everyMs * (0.5 + random())).unref()
  let timer = next()

  function tick(): void {
    underWay = work().catch((err: unknown) => log.warn({ err }, 'housekeeping failed; it runs again in ten minutes'))
    void underWay.then(() => {
      if (!isStopped) timer = next()
    })
  }

  async function work(): Promise<void> {
    while (!isStopped && (await endIdle()));
  }

  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await underWay
    },
  }
}
