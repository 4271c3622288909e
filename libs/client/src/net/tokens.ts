import { type Clock, later, type WallMs } from '@fastchat/clock'
import { authOperations } from '@fastchat/schema'
import { isOwnRevocation } from '../account/own-revocation.ts'
import { ClientError, ServerError } from '../errors.ts'
import { Batch, getRecord, type SessionRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import type { Rest } from './rest.ts'

/** The session of this device: an access token, refreshed when needed. */
export type Tokens = {
  /**
   * Returns an access token that stays valid for a while.
   *
   * @throws {ClientError} `session_ended` when the server no longer knows the session: sign in
   *   again. `device_revoked` when the server proves that the account has revoked this device.
   *   `session_idle` when the server signed this device out because nobody used it.
   */
  access(): Promise<string>
  /** Drops the access token, because the server rejected it. The next call fetches another. */
  forget(): void
  /** Returns the milliseconds until the current access token needs a successor. */
  freshForMs(): number
}

/**
 * An access token is renewed this long before its expiry, or in the last quarter of a short life.
 */
const marginMs = 60_000

const maxDays = 3_650

/** Returns the words for an idle device; without a sensible number of days, those of the code. */
const idleWords = (days: unknown): string | undefined =>
  typeof days === 'number' && Number.isInteger(days) && days > 0 && days <= maxDays
    ? `This device was not used for ${days === 1 ? 'a day' : `${days} days`}, so it was signed out. Sign in again; your history here stays`
    : undefined

export function createTokens(rest: Rest, store: Store, { wallMs: now }: Pick<Clock, 'wallMs'>): Tokens {
  let current: { token: string; renewAt: WallMs } | undefined
  let renewing: Promise<string> | undefined
  /** A successor that could not be stored. The server soon forgets the stored one. */
  let unsaved: SessionRecord | undefined

  async function renew(): Promise<string> {
    const saved = await getRecord<SessionRecord>(store, 'meta', 'session')
    const session = saved && (unsaved ?? saved)
    if (!session) throw new ClientError('not_signed_in')
    try {
      const tokens = await rest.call(authOperations.refresh, { body: { refreshToken: session.refreshToken } })
      unsaved = { refreshToken: tokens.refreshToken }
      await store.write(new Batch().put('meta', 'session', unsaved).writes)
      unsaved = undefined
      const lifetimeMs = tokens.expiresIn * 1000
      current = { token: tokens.accessToken, renewAt: later(now(), lifetimeMs - Math.min(marginMs, lifetimeMs / 4)) }
      return tokens.accessToken
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
      if (await isOwnRevocation(error, store)) throw new ClientError('device_revoked', undefined, { cause: error })
      if (error.code === 'session_idle')
        throw new ClientError('session_idle', idleWords(error.details.days), { cause: error })
      if (error.code !== 'refresh_invalid' && error.code !== 'device_revoked') throw error
      throw new ClientError('session_ended', undefined, { cause: error })
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
    freshForMs: () => (current ? Math.max(0, current.renewAt - now()) : 0),
  }
}
