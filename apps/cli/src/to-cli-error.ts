import { ClientError, minPasswordLength, PasswordTooShortError, ServerError, Unreachable } from '@fastchat/client'
import { adviceOn, type Refusal } from './advice.ts'
import { CliError, exitCodes } from './cli-error.ts'
import { fileErrorWords } from './file-error.ts'
import { noServiceWords } from './no-service-words.ts'

const noAnswer = `${noServiceWords}: no server answers`
const noPod = `${noServiceWords}: the server answers, and has no chat pod ready`

/**
 * Returns the message with what people can do when there is no server, or no chat pod, at `url`.
 */
export function noServiceAdvice(message: string, url: string): string {
  if (message === noPod) return `${noPod}. Its address is ${url}. Try again shortly; --offline shows what is here`
  if (message !== noAnswer) return message
  return `${noAnswer} at ${url}. Start one with npm start, or set FASTCHAT_URL to another; --offline shows what is here`
}

/** Returns the same error with what people can do, if it says that there is no server at `url`. */
export const withAdvice = ({ code, message, exitCode, cause }: CliError, url: string): CliError =>
  new CliError(code, noServiceAdvice(message, url), exitCode, { cause })

export const noService = (cause?: unknown): CliError =>
  new CliError('no_services_available', hasAnswered(cause) ? noPod : noAnswer, exitCodes.noService, { cause })

const hasAnswered = (cause: unknown): boolean => cause instanceof ServerError

const nothingElse: Refusal = { message: '', details: {}, retryMs: undefined }

export const adminsOnly = (): CliError =>
  new CliError('admins_only', adviceOn('admins_only', nothingElse), exitCodes.adminsOnly)

/** The exit codes of errors that do not end with 1. */
const exits: Readonly<Record<string, number>> = {
  admins_only: exitCodes.adminsOnly,
  invalid_name: exitCodes.usage,
  another_server: exitCodes.usage,
}

/** Returns any error as the one that people and scripts are told. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof PasswordTooShortError)
    return new CliError(
      'password_too_short',
      `A password has at least ${minPasswordLength} characters. Choose a longer one`,
      exitCodes.usage,
    )
  if (error instanceof Unreachable) return noService(error)
  if (error instanceof ServerError || error instanceof ClientError) {
    if (error.code === 'no_services_available') return noService(error)
    const words = adviceOn(error.code, { ...nothingElse, ...detailsOf(error), message: error.message })
    return new CliError(error.code, words, exits[error.code] ?? exitCodes.failed, { cause: error })
  }
  const message = fileErrorWords(error) ?? (error instanceof Error ? error.message : String(error))
  return new CliError('failed', message, exitCodes.failed, { cause: error })
}

const detailsOf = (error: ServerError | ClientError): Partial<Refusal> =>
  error instanceof ServerError ? { details: error.details, retryMs: error.retryMs } : {}
