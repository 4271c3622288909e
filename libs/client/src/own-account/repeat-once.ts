import { ClientError, Unreachable } from '../errors.ts'

/**
 * Makes a request whose second call does nothing more, and makes it again when no answer came.
 *
 * @throws {ClientError} `change_uncertain` when no answer came twice; the request may have taken
 *   effect
 */
export async function repeatOnce<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request()
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error
  }
  return await request().catch((cause: unknown) => {
    throw cause instanceof Unreachable ? new ClientError('change_uncertain', undefined, { cause }) : cause
  })
}
