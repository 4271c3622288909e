import { ConnectError } from '@fastchat/db'
import { ConfigError } from '@fastchat/service'

/** The exit codes; 64 and above as in sysexits.h. */
const exitCodes = { failed: 1, usage: 64, unreachable: 69 } as const

/** An error with one line for people and a code for scripts. */
export class AdminError extends Error {
  override name = 'AdminError'
  readonly code: string
  readonly exitCode: number

  constructor(code: string, message: string, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.exitCode = exitCode
  }
}

export const usageError = (message: string): AdminError => new AdminError('usage', message, exitCodes.usage)

/**
 * Turns any error into an AdminError. Messages of drivers may contain addresses and values, so they
 * are not repeated.
 */
export function toAdminError(error: unknown): AdminError {
  if (error instanceof AdminError) return error
  if (error instanceof ConfigError) return new AdminError('config', error.message, exitCodes.usage)
  if (error instanceof ConnectError)
    return new AdminError('unreachable', error.message, exitCodes.unreachable, { cause: error })
  const code = codeOf(error)
  if (isSqlState(code)) return ofDatabase(code, error)
  if (isOutage(code, error)) {
    const message = 'PostgreSQL or Redis does not answer. Check DATABASE_URL and REDIS_URL'
    return new AdminError('unreachable', message, exitCodes.unreachable, { cause: error })
  }
  return new AdminError(
    'failed',
    error instanceof TypeError ? error.message : `Failed (${code ?? 'unknown'})`,
    undefined,
    {
      cause: error,
    },
  )
}

function ofDatabase(code: string, cause: unknown): AdminError {
  if (code.startsWith('42P') || code === '42703')
    return new AdminError('not_migrated', 'This database is not of this version. Run the migrations', undefined, {
      cause,
    })
  if (code.startsWith('28'))
    return new AdminError(
      'unreachable',
      'PostgreSQL rejects the user or password in DATABASE_URL',
      exitCodes.unreachable,
      {
        cause,
      },
    )
  if (code.startsWith('08') || code.startsWith('57P'))
    return new AdminError(
      'unreachable',
      'PostgreSQL is stopping or starting. Run the command again in a minute',
      exitCodes.unreachable,
      { cause },
    )
  return new AdminError('failed', `PostgreSQL rejected the statement (SQLSTATE ${code})`, undefined, { cause })
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

const isSqlState = (code: string | undefined): code is string => code !== undefined && /^[0-9A-Z]{5}$/.test(code)

const isOutage = (code: string | undefined, error: unknown): boolean =>
  (code !== undefined && /^E[A-Z]+$/.test(code)) ||
  (error instanceof Error && /connection|timeout|timed out|writeable/i.test(error.message))
