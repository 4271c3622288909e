import { ClientError, ServerError, Unreachable } from '@fastchat/client'
import type { Failure } from './engine-state.ts'

/** Returns the code and the words of an error. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ClientError || error instanceof ServerError || error instanceof Unreachable)
    return { code: error.code, message: error.message }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}
