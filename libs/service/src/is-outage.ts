/**
 * Codes of a dependency that is away, restarting, full or too slow. The same request may succeed
 * shortly.
 */
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Prisma: cannot reach, timed out, closed, no free connection, no transaction in time, write
  // conflict
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  // Codes of Prisma's driver adapter
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
])
/**
 * Classes of PostgreSQL's SQLSTATE whose cause is not the statement. 08: connection, also used by
 * pgbouncer. 40: rolled back (serialization, deadlock). 53: resources (a full disk, memory, too
 * many connections). 57: operator intervention (shutting down, starting up, cancelled). 58: system
 * (an unreadable disk). 55P03: a lock that is not available.
 */
const outageStates = /^(08|40|53|57|58)[0-9A-Z]{3}$|^55P03$/
/** Messages of pg and its pool that have no code. */
const outageMessages = /timeout exceeded when trying to connect|Connection terminated|Query read timeout/
const maxDepth = 5

/** Returns true if `error`, or its cause, means that a dependency could not be reached. */
export function isOutage(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return false
  const { code, originalCode, kind, message, cause } = error as Record<string, unknown>
  if ([code, originalCode, kind].some((it) => typeof it === 'string' && (outageCodes.has(it) || outageStates.test(it))))
    return true
  if (typeof message === 'string' && outageMessages.test(message)) return true
  return isOutage(cause, depth + 1) || isOutage(adapterErrorOf(error), depth + 1)
}

/** Returns the error of Prisma's driver adapter, if there is one. */
export function adapterErrorOf(error: object): unknown {
  if (!('meta' in error) || typeof error.meta !== 'object' || error.meta === null) return undefined
  return 'driverAdapterError' in error.meta ? error.meta.driverAdapterError : undefined
}
