import { authOperations, limits } from '@fastchat/schema'
import { bind, type Server, toBase64Url } from '@fastchat/service'
import type { Deps } from '../deps.ts'
import { limitBytesByUser, limitByUser } from './limit-by-user.ts'
import { bytesOf } from './wire.ts'

/** The largest state in base64url, with the field names and the version. */
const bodyLimit = Math.ceil((limits.maxAccountStateBytes * 4) / 3) + 64

export function bindAccountState(
  server: Server,
  deps: Pick<Deps, 'accountStates' | 'pushAccount' | 'stateReads' | 'statePuts' | 'statePutBytes'>,
): void {
  const { accountStates, pushAccount, stateReads, statePuts, statePutBytes } = deps

  bind(
    server,
    authOperations.getAccountState,
    async ({ actor, query: { after = 0 } }) => {
      const { version, body } = await accountStates.get(actor, after)
      return { version, ...(body && { body: toBase64Url(body) }) }
    },
    { onRequest: limitByUser(stateReads) },
  )

  bind(
    server,
    authOperations.putAccountState,
    async ({ actor, body: { version, body } }) => {
      await accountStates.put(actor, version, bytesOf(body, '/body'))
      pushAccount(actor.userId, 'state', actor.deviceId)
      return { version }
    },
    { bodyLimit, onRequest: [limitByUser(statePuts), limitBytesByUser(statePutBytes, bodyLimit)] },
  )
}
