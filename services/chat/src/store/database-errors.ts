/** lock_not_available: the conversation is locked by somebody for longer than lock_timeout. */
const lockNotAvailable = '55P03'

/**
 * Classes of SQLSTATE that say nothing about the statement: 08 connection, 53 resources, 57 operator's intervention (shutdown,
 * crash, statement_timeout), 58 system; 25006: a standby that does not take writes.
 */
const unavailableStates = /^(08|53|57|58|25006)/
const sqlState = /^[0-9A-Z]{5}$/

/**
 * Whether the database could not be asked, or did not answer: the statement may have been carried out or not, and asking again
 * later may help. Errors without an SQLSTATE come from the driver or the network.
 */
export function isUnavailable(error: unknown): boolean {
  const code = codeOf(error)
  return code === undefined || !sqlState.test(code) || unavailableStates.test(code)
}

export const isLockTimeout = (error: unknown): boolean => codeOf(error) === lockNotAvailable

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
