import { type ErrorBody, type ErrorCode, errors } from '@fastchat/schema'
import { AppError } from './app-error.ts'
import { isOutage } from './is-outage.ts'

/** The default delay before a retry after an outage of ours. */
const outageRetryMs = 1_000
const maxProblems = 5

/** Maps Fastify's own errors to our table. */
const frameworkCodes: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_NOT_FOUND: 'not_found',
}

/**
 * Returns the error of the table for a thrown value. Unknown values become `internal`, with the
 * original as cause.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (isOutage(error)) return new AppError('busy', undefined, { cause: error, retryMs: outageRetryMs })
  if (!(error instanceof Error)) return new AppError('internal', undefined, { cause: error })
  if ('validation' in error && Array.isArray(error.validation)) return invalid(error)
  const { code, statusCode } = error as { code?: unknown; statusCode?: unknown }
  const known = typeof code === 'string' ? frameworkCodes[code] : undefined
  if (known !== undefined) return new AppError(known, undefined, { cause: error })
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500)
    return new AppError('bad_request', undefined, { cause: error })
  return new AppError('internal', undefined, { cause: error })
}

export function errorBody({ code, message, details }: AppError, requestId: string): ErrorBody {
  return { error: { code, message, ...(details && { details }), requestId } }
}

export const statusOf = (code: ErrorCode): number => errors[code].status

/** Lists the fields and the rules that they break, but never their values. */
function invalid(error: Error): AppError {
  const { validation, validationContext } = error as unknown as {
    validation: { instancePath?: string; keyword?: string }[]
    validationContext?: string
  }
  const problems = validation
    .slice(0, maxProblems)
    .map(({ instancePath = '', keyword }) => ({ path: instancePath, rule: keyword }))
  return new AppError('bad_request', { in: validationContext, problems })
}
