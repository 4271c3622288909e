import { ClientError, idleDevicesOf, PasswordTooShortError, ServerError, Unreachable } from '@fastchat/client'
import type { Failure } from './engine-state.ts'

/** Returns the code and the words of an error. */
export function failureOf(error: unknown): Failure {
  const devices = idleDevicesOf(error)
  if (devices && error instanceof ServerError) return { code: error.code, message: error.message, devices }
  if (error instanceof ClientError || error instanceof ServerError || error instanceof Unreachable)
    return { code: error.code, message: error.message }
  if (error instanceof PasswordTooShortError) return { code: 'password_too_short', message: error.message }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}
