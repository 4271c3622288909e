import { type ErrorCode, errors } from '@fastchat/schema'

export type AppErrorOptions = {
  /** The cause, which only the log gets. */
  readonly cause?: unknown
  /** When a retry may succeed; sent as Retry-After. */
  readonly retryMs?: number
}

/** An error of the error table. The client gets `details`, so they must contain no secret. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly details: Readonly<Record<string, unknown>> | undefined
  readonly retryMs: number | undefined

  constructor(code: ErrorCode, details?: Readonly<Record<string, unknown>>, { cause, retryMs }: AppErrorOptions = {}) {
    super(errors[code].message, cause === undefined ? undefined : { cause })
    this.code = code
    this.details = details
    this.retryMs = retryMs
  }
}
