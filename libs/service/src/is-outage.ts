/** A dependency that is away, restarting, full or too slow: the same request may succeed shortly. */
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Prisma: cannot reach, timed out, closed, no free connection, no transaction in time, write conflict
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  // Prisma's driver adapter
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TransactionWriteConflict',
])
/**
 * Classes of PostgreSQL's SQLSTATE that say nothing about the statement: 08 connection, and what pgbouncer has to say for itself; 40 rolled
 * back: serialization, deadlock; 53 resources: a full disk, memory, too many connections; 57 an operator's intervention: shutting down,
 * starting up, cancelled; 58 the system: a disk that can't be read or written. And a lock that is not available.
 */
const outageStates = /^(08|40|53|57|58)[0-9A-Z]{3}$|^55P03$/
/** What pg and its pool say without a code. */
const outageMessages = /timeout exceeded when trying to connect|Connection terminated|Query read timeout/
const maxDepth = 5

/** Whether `error`, or what caused it, says that a dependency could not be reached, rather than that we did wrong. */
export function isOutage(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return false
  const { code, originalCode, kind, message, cause } = error as Record<string, unknown>
  if ([code, originalCode, kind].some((it) => typeof it === 'string' && (outageCodes.has(it) || outageStates.test(it))))
    return true
  if (typeof message === 'string' && outageMessages.test(message)) return true
  return isOutage(cause, depth + 1) || isOutage(adapterErrorOf(error), depth + 1)
}

/** Where Prisma puts what its driver adapter said. */
export function adapterErrorOf(error: object): unknown {
  if (!('meta' in error) || typeof error.meta !== 'object' || error.meta === null) return undefined
  return 'driverAdapterError' in error.meta ? error.meta.driverAdapterError : undefined
}
