import { ClientError, ServerError } from '../errors.ts'

/** Returns the code by which the status of a backup names an error. */
export const problemOf = (error: unknown): string =>
  error instanceof ServerError || error instanceof ClientError ? error.code : 'unreachable'
