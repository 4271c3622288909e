import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../generated/client.ts'
import { newPool, type PoolOptions, statementTimeoutMs } from './pool.ts'

export type { PrismaClient }

const idleTimeoutMs = 30_000

/** Opens the typed client, for all but the hot statements. Close it with `$disconnect()`. */
export function openPrisma(databaseUrl: string, options: PoolOptions): PrismaClient {
  const pool = newPool(databaseUrl, options, {
    timeouts: { statement_timeout: statementTimeoutMs },
    idleTimeoutMillis: idleTimeoutMs,
  })
  // The adapter handles errors of its connections, including idle ones that break.
  return new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: true }) })
}
