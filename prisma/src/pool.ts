import pg from 'pg'
import type { ConnectError } from './connect-error.ts'
import { DatabaseClient } from './database-client.ts'
import { parseDatabaseUrl } from './database-url.ts'

export type Pool = pg.Pool
export type PoolClient = pg.PoolClient

export type PoolOptions = {
  readonly maxConnections: number
  /** Shown in pg_stat_activity. */
  readonly applicationName: string
  /** See `parseDatabaseUrl`. */
  readonly databaseCa?: string | undefined
  /** Told of a connection that can't be made until somebody changes the database or its URL. */
  readonly onConnectError?: (error: ConnectError) => void
}

/** How long to wait for a connection before the caller gets an error; pg's own default is for ever. */
const connectTimeoutMs = 2_000
export const statementTimeoutMs = 5_000

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
  const { lockTimeoutMs, timeoutMs = statementTimeoutMs } = options
  const pool = newPool(databaseUrl, options, {
    timeouts: { statement_timeout: timeoutMs, ...(lockTimeoutMs !== undefined && { lock_timeout: lockTimeoutMs }) },
    query_timeout: timeoutMs,
    types: { getTypeParser: (oid, format) => (oid === int8 ? Number : pg.types.getTypeParser(oid, format)) },
  })
  pool.on('error', options.onIdleError)
  // The pool listens to a client only while it is idle: a connection cut while lent would end the process. Whoever borrowed it learns of
  // the cut from the query that fails.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const int8 = 20

type Timeouts = { readonly statement_timeout: number; readonly lock_timeout?: number }
/** Past the server's own timeout, which says more. */
const answerTimeMs = 1_000

/** `timeouts` are the server's. */
export function newPool(
  databaseUrl: string,
  { applicationName, maxConnections, databaseCa, onConnectError }: PoolOptions,
  { timeouts, ...settings }: Omit<pg.PoolConfig, keyof Timeouts> & { readonly timeouts: Timeouts },
): Pool {
  const { config, isPooled } = parseDatabaseUrl(databaseUrl, databaseCa)
  return new pg.Pool({
    ...config,
    application_name: applicationName,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    // A pooler takes no settings of a session: there they are the role's. And it may keep a statement waiting for minutes before the
    // server sees it.
    ...(isPooled ? { query_timeout: timeouts.statement_timeout + answerTimeMs } : timeouts),
    ...settings,
    Client: class extends DatabaseClient {
      // As the pool calls it: with these very settings.
      constructor(given: pg.ClientConfig = {}) {
        super(given, { isPooled, onConnectError })
      }
    },
  })
}
