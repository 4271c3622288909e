/** The part of a logger that this library uses. pino's loggers fit. */
export type Log = {
  readonly info: (fields: object, event: string) => void
  readonly warn: (fields: object, event: string) => void
}

/** Longer messages quote the command that failed. */
const maxMessageLength = 200

/**
 * Returns the part of an error of Redis that may be logged. ioredis attaches the arguments of the
 * command, which hold keys, frames and passwords.
 */
export function redactError(error: unknown): {
  readonly name: string
  readonly message: string
  readonly code?: string
} {
  if (!(error instanceof Error)) return { name: 'Unknown', message: 'not an Error' }
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  return { name: error.name, message: error.message.slice(0, maxMessageLength), ...code }
}
