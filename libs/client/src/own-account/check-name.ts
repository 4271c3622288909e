import { authOperations } from '@fastchat/schema'
import { readUsername } from '../names.ts'
import type { Rest } from '../net/rest.ts'

/**
 * Asks whether a name can be signed up with now. It counts as a sign-up at the server.
 *
 * @throws {ServerError} `username_taken`, `signup_closed`, `invite_required`, `invite_invalid`,
 *   `rate_limited`
 * @throws {ClientError} `invalid_name`
 */
export async function checkName(rest: Rest, written: string, invite?: string): Promise<void> {
  const body = { username: readUsername(written), ...(invite !== undefined && { invite }) }
  await rest.call(authOperations.checkName, { body })
}
