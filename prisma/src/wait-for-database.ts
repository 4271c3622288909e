import { setTimeout as delay } from 'node:timers/promises'
import { type Clock, later } from '@fastchat/clock'
import { newClient } from './database-client.ts'

const timeoutMs = 120_000
const connectMs = 5_000
const pauseMs = 500

/**
 * Errors of a server that is still starting, or whose name is not known yet (57P03: starting up).
 * Waiting may fix them.
 */
const notYet: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT', '57P03']

/**
 * Resolves once PostgreSQL takes connections, since containers start in any order.
 *
 * @throws the error of pg, at once if waiting cannot fix it
 */
export async function waitForDatabase(
  databaseUrl: string,
  {
    ca,
    log,
    clock,
  }: {
    readonly ca?: string | undefined
    readonly log: (line: string) => void
    readonly clock: Pick<Clock, 'monotonicMs'>
  },
): Promise<void> {
  const until = later(clock.monotonicMs(), timeoutMs)
  for (let tries = 1; ; tries++) {
    const client = newClient(databaseUrl, ca, connectMs)
    try {
      await client.connect()
      return
    } catch (error) {
      const { code } = Object(error) as { code?: unknown } // any value can be thrown
      if (!notYet.includes(code) || clock.monotonicMs() > until) throw error
      if (tries === 1) log('waiting for the database')
    } finally {
      await client.end().catch(() => undefined) // it may never have connected
    }
    await delay(pauseMs)
  }
}
