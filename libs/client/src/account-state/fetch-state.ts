import { type AccountStateContents, authOperations } from '@fastchat/schema'
import type { Enrolled } from '../account/enrol.ts'
import { ClientError } from '../errors.ts'
import type { Rest } from '../net/rest.ts'
import { emptyContents } from './contents.ts'
import { openContents } from './sealed.ts'

/** A version of the account state, as the server stored it. Version 0 stands for no state. */
export type KnownState = { readonly version: number; readonly contents: AccountStateContents }

/**
 * Returns the account state for a new device.
 *
 * @throws {ClientError} `wrong_state` when the server hides the state or shows a forged one. The
 *   server may still show an old one: another device of the account notices that.
 */
export async function fetchState(
  rest: Rest,
  accessToken: string,
  { enrolment, stateKey, hasState }: Enrolled,
): Promise<KnownState> {
  const { version, body } = await rest.call(authOperations.getAccountState, { token: accessToken, query: {} })
  if (version === 0 && !hasState) return { version: 0, contents: emptyContents }
  try {
    if (version === 0 || body === undefined) throw new ClientError('wrong_state')
    return { version, contents: await openContents({ stateKey, userId: enrolment.user.userId }, version, body) }
  } catch (cause) {
    if (!(cause instanceof ClientError)) throw cause
    throw new ClientError(
      'wrong_state',
      'The server does not give this device what your other devices know of people and groups. Without it somebody could pose as them, so this device was not signed in. Ask who runs the server',
      { cause },
    )
  }
}
