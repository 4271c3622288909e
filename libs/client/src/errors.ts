import { type ErrorCode, errors, isErrorCode } from '@fastchat/schema'

/**
 * A code of the contract, or one that a newer server has added. With `string` alone, editors
 * complete no codes.
 */
export type AnyErrorCode = ErrorCode | (string & {})

/**
 * The server answered and rejected the request. `retryMs` is set when the server named a retry
 * time.
 */
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

  /**
   * Returns whether the same request may succeed later without any change. An unknown code may, if
   * the server named a retry time.
   */
  get mayRetry(): boolean {
    return isErrorCode(this.code) ? errors[this.code].retry : this.retryMs !== undefined
  }
}

/**
 * No answer came: the server is down, the link broke, or the time limit passed. The request may or
 * may not have taken effect.
 */
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

/** The client itself refuses, before or without a request to a server. */
export class ClientError extends Error {
  override name = 'ClientError'
  readonly code: ClientErrorCode

  constructor(code: ClientErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Returns whether `error` is a permanent result of a request: the server rejected it, or its answer
 * is not in the form of the contract. False for network errors, an ended session and a failed
 * store.
 */
export function isPermanent(error: unknown): boolean {
  if (error instanceof ServerError) return !error.mayRetry && !isSessionError(error)
  return error instanceof RangeError || error instanceof TypeError
}

/** Returns whether a fresh token or a new sign-in resolves the error. */
export const isSessionError = ({ code }: ServerError): boolean => code === 'unauthorized' || code === 'token_expired'

/** Returns whether a later retry of the same request is the right answer to `error`. */
export const isTemporary = (error: unknown): boolean =>
  error instanceof Unreachable || (error instanceof ServerError && error.mayRetry)

/** Returns a thrown value as an error. */
export const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))
