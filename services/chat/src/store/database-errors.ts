/**
 * SQLSTATE lock_not_available: another transaction has held the conversation for longer than
 * lock_timeout.
 */
const lockNotAvailable = '55P03'

/**
 * Classes of SQLSTATE whose cause is not the statement: 08 connection, 53 resources, 57 operator
 * intervention (shutdown, crash, statement_timeout), 58 system. 25006: the server is a read-only
 * standby.
 */
const unavailableStates = /^(08|53|57|58|25006)/
const sqlState = /^[0-9A-Z]{5}$/

/**
 * Returns true if the database could not be reached or did not answer. The statement may or may not
 * have run, and a retry may help. Errors without an SQLSTATE come from the driver or the network.
 */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error)
  return code === undefined || !sqlState.test(code) || unavailableStates.test(code)
}

export const isLockTimeout = (error: unknown): boolean => codeOf(error) === lockNotAvailable

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
