import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../generated/client.ts'

export type { PrismaClient }

export type PoolOptions = {
  readonly maxConnections: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
}

/** How long to wait for a connection before the caller gets an error; pg's own default is for ever. */
export const connectTimeoutMs = 2_000
const idleTimeoutMs = 30_000
export const statementTimeoutMs = 5_000

/** The typed client, for everything but the hot statements. Close it with `$disconnect()`. */
export function openPrisma(databaseUrl: string, { maxConnections, applicationName }: PoolOptions): PrismaClient {
  const adapter = new PrismaPg({
    connectionString: databaseUrl,
    application_name: applicationName,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: statementTimeoutMs,
    keepAlive: true,
  })
  return new PrismaClient({ adapter })
}
