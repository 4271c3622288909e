import { ClientError, minPasswordLength, PasswordTooShortError, ServerError, Unreachable } from '@fastchat/client'
import { errors } from '@fastchat/schema'
import { CliError, exitCodes } from './cli-error.ts'
import { fileErrorWords } from './file-error.ts'

/** How each message about a missing server begins. */
const noServiceWords = 'Sorry, No services available'
const noAnswer = `${noServiceWords}: no server answers`
const noPod = `${noServiceWords}: the server answers, and has no chat pod ready`

/** Returns what people can do without a server at `url`; `message` says what happened. */
export function noServiceAdvice(message: string, url: string): string {
  if (message === noPod) return `${noPod}. Its address is ${url}. Try again shortly; --offline shows what is here`
  if (message !== noAnswer) return message
  return `${noAnswer} at ${url}. Start one with npm start, or set FASTCHAT_URL to another; --offline shows what is here`
}

/** The same error, with what people can do when it is that there is no server at `url`. */
export const withAdvice = ({ code, message, exitCode, cause }: CliError, url: string): CliError =>
  new CliError(code, noServiceAdvice(message, url), exitCode, { cause })

const adminsOnlyMessage = errors.admins_only.message

export const noService = (cause?: unknown): CliError =>
  new CliError('no_services_available', hasAnswered(cause) ? noPod : noAnswer, exitCodes.noService, { cause })

const hasAnswered = (cause: unknown): boolean => cause instanceof ServerError

export const adminsOnly = (): CliError => new CliError('admins_only', adminsOnlyMessage, exitCodes.adminsOnly)

/** What people can do about an error of the server or the client, where its own words do not say. */
const advice: Readonly<Record<string, string>> = {
  username_taken: 'This username is taken: choose another, or log in with: fastchat login NAME',
  signup_closed: 'This server takes no new accounts: ask its operator',
  invite_required: 'This server takes new accounts by invitation only: fastchat signup NAME --invite CODE',
  invite_invalid: 'This invitation is not known, used up, or over: ask whoever gave it to you for another',
  account_disabled: 'This account has been disabled: ask the operator of this server',
  not_signed_in: 'Not signed in: run fastchat signup NAME, or fastchat login NAME',
  session_ended: 'The session has ended: run fastchat login NAME',
  device_revoked: 'This device was removed from its account: to go on, set FASTCHAT_HOME to another folder and log in',
  unauthorized: 'The session has ended: run fastchat login NAME',
  last_admin: 'A group needs an admin: make somebody else admin first, with fastchat group promote',
  unknown_message: 'There is no such message on this device: fastchat history shows the ids with --json',
}

/** Any error as what people and scripts are told. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error
  if (error instanceof PasswordTooShortError)
    return new CliError(
      'password_too_short',
      `A password has at least ${minPasswordLength} characters`,
      exitCodes.usage,
    )
  if (error instanceof Unreachable) return noService(error)
  if (error instanceof ServerError || error instanceof ClientError) {
    if (error.code === 'no_services_available') return noService(error)
    if (error.code === 'admins_only') return adminsOnly()
    if (error.code === 'invalid_name') return new CliError(error.code, error.message, exitCodes.usage, { cause: error })
    if (error.code === 'another_server') {
      const message = `${error.message}. Set FASTCHAT_URL to the first, or FASTCHAT_HOME to another folder`
      return new CliError(error.code, message, exitCodes.usage, { cause: error })
    }
    return new CliError(error.code, advice[error.code] ?? error.message, exitCodes.failed, { cause: error })
  }
  const message = fileErrorWords(error) ?? (error instanceof Error ? error.message : String(error))
  return new CliError('failed', message, exitCodes.failed, { cause: error })
}
