import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../generated/client.ts'
import { newPool, type PoolOptions, statementTimeoutMs } from './pool.ts'

export type { PrismaClient }

const idleTimeoutMs = 30_000

/** The typed client, for everything but the hot statements. Close it with `$disconnect()`. */
export function openPrisma(databaseUrl: string, options: PoolOptions): PrismaClient {
  const pool = newPool(databaseUrl, options, {
    timeouts: { statement_timeout: statementTimeoutMs },
    idleTimeoutMillis: idleTimeoutMs,
  })
  // The adapter listens to its connections, and those that break while idle.
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) })
}
