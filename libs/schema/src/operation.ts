import type { TSchema } from 'typebox'
import type { ErrorCode } from './errors.ts'

/** Says who may call: anyone, a signed-in person without a device (`enrol`), or a device. */
export type Access = 'public' | 'enrol' | 'device'

/**
 * Describes one REST operation as data. Services bind it to a handler, clients type their calls by
 * it, and OpenAPI prints it.
 */
export type Operation = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  readonly access: Access
  readonly summary: string
  /** Details that do not fit into the summary. */
  readonly description?: string
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** The side that is plain bytes (application/octet-stream) instead of JSON. */
  readonly bytes?: 'body' | 'response'
  /** The schema of the body by status. 204 has no body (`Type.Null()`). */
  readonly response: Readonly<Record<number, TSchema>>
  /** The codes of this operation alone. `errorsOf` adds those that follow from its form. */
  readonly errors?: readonly ErrorCode[]
}

/** Checks the form of `op` and keeps its exact types. */
export const operation = <const T extends Operation>(op: T): T => op

/** The codes with which any operation may answer. */
const general = ['bad_request', 'unsupported_media_type', 'rate_limited', 'internal', 'busy'] as const

/**
 * Returns every error code that an operation may answer with. A service that answers with another
 * code breaks the contract.
 */
export function errorsOf({ access, body, errors = [] }: Operation): readonly ErrorCode[] {
  const ofToken = access === 'public' ? [] : (['unauthorized', 'token_expired'] as const)
  const ofBody = body === undefined ? [] : (['too_large'] as const)
  return [...new Set<ErrorCode>([...errors, ...ofToken, ...ofBody, ...general])]
}
