import pg from 'pg'
import { connectTimeoutMs, type PoolOptions, statementTimeoutMs } from './client.ts'

export type Pool = pg.Pool
export type PoolClient = pg.PoolClient

/**
 * Connections for the raw statements of the hot path. int8 arrives as a number: ids and sequences stay far below 2^53.
 * `onIdleError` is told of a connection that broke while idle; without a listener the process would die of it.
 */
export function openPool(
  databaseUrl: string,
  options: PoolOptions & {
    readonly lockTimeoutMs?: number
    /** Shorter than usual. */
    readonly timeoutMs?: number
    readonly onIdleError: (error: Error) => void
  },
): Pool {
  const timeoutMs = options.timeoutMs ?? statementTimeoutMs
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: options.applicationName,
    max: options.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: timeoutMs,
    statement_timeout: timeoutMs,
    ...(options.lockTimeoutMs === undefined ? {} : { lock_timeout: options.lockTimeoutMs }),
    keepAlive: true,
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  pool.on('error', options.onIdleError)
  // The pool listens to a client only while it is idle: a connection cut while lent would end the process. Whoever borrowed it learns of
  // the cut from the query that fails.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const int8 = 20
