/** A dependency that is away, restarting, full or too slow: the same request may succeed shortly. */
const outageCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  // PostgreSQL: connection exceptions, serialization failure, deadlock, too many connections, shutting down, starting up, cancelled, lock not available
  '08000',
  '08001',
  '08003',
  '08006',
  '08007',
  '08P01', // whatever pgbouncer has to say for itself: the database is away, no connection got free in time
  '40001',
  '40P01',
  '53300',
  '57P01',
  '57P02',
  '57P03',
  '57014',
  '55P03',
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
/** What pg and its pool say without a code. */
const outageMessages = /timeout exceeded when trying to connect|Connection terminated|Query read timeout/
const maxDepth = 5

/** Whether `error`, or what caused it, says that a dependency could not be reached, rather than that we did wrong. */
export function isOutage(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > maxDepth) return false
  const { code, originalCode, kind, message, cause } = error as Record<string, unknown>
  if ([code, originalCode, kind].some((it) => typeof it === 'string' && outageCodes.has(it))) return true
  if (typeof message === 'string' && outageMessages.test(message)) return true
  return isOutage(cause, depth + 1) || isOutage(adapterErrorOf(error), depth + 1)
}

/** Where Prisma puts what its driver adapter said. */
export function adapterErrorOf(error: object): unknown {
  if (!('meta' in error) || typeof error.meta !== 'object' || error.meta === null) return undefined
  return 'driverAdapterError' in error.meta ? error.meta.driverAdapterError : undefined
}
