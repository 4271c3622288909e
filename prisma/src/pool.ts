import pg from 'pg'
import type { ConnectError } from './connect-error.ts'
import { DatabaseClient } from './database-client.ts'
import { parseDatabaseUrl } from './database-url.ts'

export type Pool = pg.Pool
export type PoolClient = pg.PoolClient

export type PoolOptions = {
  readonly maxConnections: number
  /** The name that pg_stat_activity shows. */
  readonly applicationName: string
  /** The authorities as in `parseDatabaseUrl`. */
  readonly databaseCa?: string | undefined
  /** Called when a connection fails for a reason that the operator must fix. */
  readonly onConnectError?: (error: ConnectError) => void
}

/** A caller waits this long for a connection, then gets an error. Without it, pg waits forever. */
const connectTimeoutMs = 2_000
export const statementTimeoutMs = 5_000

/**
 * Opens connections for the raw statements of the hot path. int8 arrives as a number, because ids
 * and sequences stay far below 2^53. `onIdleError` is called when an idle connection breaks;
 * without a listener the process would end.
 */
export function openPool(
  databaseUrl: string,
  options: PoolOptions & {
    readonly lockTimeoutMs?: number
    /** A shorter timeout than the usual one. */
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
  // The pool handles errors only of idle clients. Without this listener, a connection that breaks
  // while lent would end the process. Its borrower gets the error from the failing query.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

const int8 = 20

type Timeouts = { readonly statement_timeout: number; readonly lock_timeout?: number }
/** Added to the server's own timeout, whose error says more. */
const answerTimeMs = 1_000

/** Makes a pool; `timeouts` are settings of the server. */
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
    // A pooler takes no settings of a session; there the role must have them. It may also hold a
    // statement for minutes before the server sees it, so the client needs a timeout.
    ...(isPooled ? { query_timeout: timeouts.statement_timeout + answerTimeMs } : timeouts),
    ...settings,
    Client: class extends DatabaseClient {
      // The pool passes these settings.
      constructor(given: pg.ClientConfig = {}) {
        super(given, { isPooled, onConnectError })
      }
    },
  })
}
