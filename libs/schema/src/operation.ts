import type { TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'

/** Who may call: nobody in particular, a signed-in person without a device yet (`enrol`), or a registered device. */
export type Access = 'public' | 'enrol' | 'device'

/** One REST operation as data: services bind it to a handler, clients type their calls by it, OpenAPI prints it. */
export type Operation = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly access: Access
  readonly summary: string
  /** What the summary has no room for. */
  readonly description?: string
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** The side that is plain bytes (application/octet-stream) instead of JSON. */
  readonly bytes?: 'body' | 'response'
  /** Status → body. 204 has none (`Type.Null()`). */
  readonly response: Readonly<Record<number, TSchema>>
  /** Codes of its own refusals. Those that follow from its form are added by `errorsOf`. */
  readonly errors?: readonly ErrorCode[]
}

/** Keeps the exact types of `op` while checking its form. */
export const operation = <const T extends Operation>(op: T): T => op

/** Any operation may answer so. */
const general = ['bad_request', 'unsupported_media_type', 'rate_limited', 'internal', 'busy'] as const

/** Every error code that an operation may answer with. A service that answers with another one breaks the contract. */
export function errorsOf({ access, body, errors = [] }: Operation): readonly ErrorCode[] {
  const ofToken = access === 'public' ? [] : (['unauthorized', 'token_expired'] as const)
  const ofBody = body === undefined ? [] : (['too_large'] as const)
  return [...new Set<ErrorCode>([...errors, ...ofToken, ...ofBody, ...general])]
}
