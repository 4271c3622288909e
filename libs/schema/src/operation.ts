import type { TSchema } from 'typebox'

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
}

/** Keeps the exact types of `op` while checking its form. */
export const operation = <const T extends Operation>(op: T): T => op
