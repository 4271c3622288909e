import { authOperations } from '@fastchat/schema'
import { isOwnRevocation } from '../account/own-revocation.ts'
import { ClientError, ServerError } from '../errors.ts'
import { Batch, getRecord, type SessionRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Rest } from './rest.ts'

/** The session of this device: an access token that is always good for a while, refreshed when needed. */
export type Tokens = {
  /**
   * @throws {ClientError} `session_ended` when the server no longer knows the session: sign in again; `device_revoked` when it proves that
   *   the account has revoked this device.
   */
  access(): Promise<string>
  /** The access token was refused though it should be good: fetch another next time. */
  forget(): void
  /** Milliseconds until the current access token needs a successor. */
  freshForMs(): number
}

/** An access token is renewed this long before its end, a short-lived one in the last quarter of its life. */
const marginMs = 60_000

export function createTokens(rest: Rest, store: Store, now: () => number = Date.now): Tokens {
  let current: { token: string; renewAt: number } | undefined
  let renewing: Promise<string> | undefined
  /** A successor that could not be stored: the server soon forgets the one that is. */
  let unsaved: SessionRecord | undefined

  async function renew(): Promise<string> {
    const saved = await getRecord<SessionRecord>(store, 'meta', 'session')
    const session = saved && (unsaved ?? saved)
    if (!session) throw new ClientError('not_signed_in', 'Sign in first')
    try {
      const tokens = await rest.call(authOperations.refresh, { body: { refreshToken: session.refreshToken } })
      unsaved = { refreshToken: tokens.refreshToken }
      await store.write(new Batch().put('meta', 'session', unsaved).writes)
      unsaved = undefined
      const lifetimeMs = tokens.expiresIn * 1000
      current = { token: tokens.accessToken, renewAt: now() + lifetimeMs - Math.min(marginMs, lifetimeMs / 4) }
      return tokens.accessToken
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (await isOwnRevocation(error, store))
        throw new ClientError('device_revoked', 'This device was removed from its account', { cause: error })
      if (error.code !== 'refresh_invalid' && error.code !== 'device_revoked') throw error
      throw new ClientError('session_ended', 'The session has ended; sign in again', { cause: error })
    }
  }

  return {
    async access() {
      if (current && now() < current.renewAt) return current.token
      renewing ??= renew().finally(() => {
        renewing = undefined
      })
      return await renewing
    },
    forget() {
      current = undefined
    },
    freshForMs: () => Math.max(0, (current?.renewAt ?? 0) - now()),
  }
}
