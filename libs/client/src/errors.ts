import { type ErrorCode, errors, isErrorCode } from '@fastchat/schema'

/** A code of the contract, or one that a newer server has added: a compiler that sees only `string` completes no codes. */
export type AnyErrorCode = ErrorCode | (string & {})

/** The server answered, and refused. `retryMs` is set when it said when to come back. */
export class ServerError extends Error {
  override name = 'ServerError'
  readonly code: AnyErrorCode
  readonly details: Readonly<Record<string, unknown>>
  readonly retryMs: number | undefined

  constructor(code: AnyErrorCode, message: string, details: Record<string, unknown> = {}, retryMs?: number) {
    super(message)
    this.code = code
    this.details = details
    this.retryMs = retryMs
  }

  /** Whether the same request may succeed later without any change. Of a code that we do not know: if the server says when. */
  get mayRetry(): boolean {
    return isErrorCode(this.code) ? errors[this.code].retry : this.retryMs !== undefined
  }
}

/** No answer came: nobody listens, the link broke, or it took too long. What was asked may or may not have happened. */
export class Unreachable extends Error {
  override name = 'Unreachable'
}

export type ClientErrorCode =
  | 'not_signed_in'
  | 'signed_in_already'
  | 'session_ended'
  | 'device_revoked'
  | 'wrong_vault'
  | 'wrong_account'
  | 'wrong_state'
  | 'name_unverified'
  | 'name_taken'
  | 'name_changed'
  | 'unknown_user'
  | 'unknown_conversation'
  | 'unknown_message'
  | 'not_a_member'
  | 'nothing_to_save'
  | 'key_changed'
  | 'store_locked'
  | 'no_space'
  | 'not_writable'
  | 'store_damaged'
  | 'another_server'
  | 'too_large'
  | 'too_many_changes'
  | 'invalid_payload'
  | 'invalid_name'
  | 'only_others'

/** The client itself refuses, before or without asking a server. */
export class ClientError extends Error {
  override name = 'ClientError'
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Whether `error` says something of what the server answered with, which asking again does not change: it refuses, or the answer is not in
 * the form of the contract. Not so of the network, of a session that is over, and of a store that fails.
 */
export function isPermanent(error: unknown): boolean {
  if (error instanceof ServerError) return !error.mayRetry && !isSessionError(error)
  return error instanceof RangeError || error instanceof TypeError
}

/** Whether signing in again, or a fresh token, is what helps. */
export const isSessionError = ({ code }: ServerError): boolean => code === 'unauthorized' || code === 'token_expired'

/** Whether trying the same again, later, is the right answer to `error`. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ServerError && error.mayRetry)
