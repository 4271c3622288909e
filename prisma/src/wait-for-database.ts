import { setTimeout as delay } from 'node:timers/promises'
import { newClient } from './database-client.ts'

const timeoutMs = 120_000
const connectMs = 5_000
const pauseMs = 500

/** Of a server that is not there yet, whose name is not known yet, or that starts (57P03): none of it is a mistake at first. */
const notYet: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT', '57P03']

/** Resolves once PostgreSQL takes connections: containers start in any order. @throws what pg says, at once if waiting can't mend it */
export async function waitForDatabase(
  databaseUrl: string,
  { ca, log }: { readonly ca?: string | undefined; readonly log: (line: string) => void },
): Promise<void> {
  const until = performance.now() + timeoutMs
  for (let tries = 1; ; tries++) {
    const client = newClient(databaseUrl, ca, connectMs)
    try {
      await client.connect()
      return
    } catch (error) {
      const { code } = Object(error) as { code?: unknown } // of anything that was thrown
      if (!notYet.includes(code) || performance.now() > until) throw error
      if (tries === 1) log('waiting for the database')
    } finally {
      await client.end().catch(() => undefined) // of a connection that never was
    }
    await delay(pauseMs)
  }
}
