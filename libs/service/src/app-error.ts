import { type ErrorCode, errors } from '@fastchat/schema'

export type AppErrorOptions = {
  /** Only the log sees it. */
  readonly cause?: unknown
  /** When the same request may succeed; sent as Retry-After. */
  readonly retryMs?: number
}

/** An answer of the error table. `details` reach the client: nothing in them may be secret. */
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
