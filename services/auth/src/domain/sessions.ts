import type { WallMs } from '@fastchat/clock'
import { type DeviceId, limits, type Tokens, type UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { deviceRevoked } from './devices.ts'
import { formatRefreshToken, hashSecret, parseRefreshToken, type RefreshToken, successor } from './refresh-token.ts'
import { accessTokenSeconds, type TokenIssuer } from './token-issuer.ts'

const dayMs = 24 * 3_600_000

export type SessionOwner = { readonly userId: UserId; readonly deviceId: DeviceId }

/**
 * The sessions in the database. Each function checks its conditions in the statement that acts on
 * them. Revoked devices and devices of disabled accounts have no session.
 */
export type SessionStore = {
  /**
   * Opens a session and ends the device's former one. It opens none for a disabled account, nor if
   * `passwordNo` is given and is not the number of its password.
   */
  open(session: {
    deviceId: DeviceId
    family: string
    hash: Buffer
    now: Date
    expiresAt: Date
    passwordNo: number | undefined
  }): Promise<'opened' | 'disabled' | 'former_password'>
  /**
   * Replaces the hash of a live session, if `hash` is the current one. After a restore from a
   * backup, it accepts the token of a later generation, once, because the backup cannot know it.
   */
  rotate(change: {
    family: string
    generation: number
    hash: Buffer
    nextHash: Buffer
    now: Date
    expiresAt: Date
  }): Promise<SessionOwner | undefined>
  /** Returns the owner if `hash` was replaced after `since` and only by its successor. */
  repeat(query: { family: string; hash: Buffer; now: Date; since: Date }): Promise<SessionOwner | undefined>
  /**
   * Returns the statement that revoked the session's device, if `hash` is the current or former
   * one.
   */
  revocationOf(query: { family: string; hash: Buffer }): Promise<Uint8Array | undefined>
  /** Returns whether the session ended because it was not used; `hash` is as above. */
  isIdle(query: { family: string; hash: Buffer; now: Date }): Promise<boolean>
  /**
   * Ends the session; with a hash, only if it is the current or former one. Returns whether a
   * session ended.
   */
  end(session: { family: string; hash?: Buffer; now: Date }): Promise<boolean>
}

export type Sessions = {
  /**
   * Opens a session for a person who logged in with the password of this number. @throws AppError
   * `account_disabled`; `unauthorized` if the password was changed since
   */
  open(owner: SessionOwner, passwordNo: number | undefined): Promise<Tokens>
  /**
   * Exchanges a refresh token. A client that lost the answer may send the former token again, for
   * `limits.refreshRepeatMs` and until its successor is used. Any other old token of the session
   * ends the session.
   *
   * @throws AppError `refresh_invalid`, `device_revoked` (the details have the statement),
   *   `session_idle` (the details have the days)
   */
  refresh(refreshToken: string): Promise<Tokens>
  /** Ends a session. Unknown tokens are ignored. */
  end(refreshToken: string): Promise<void>
}

export function createSessions(ports: {
  readonly store: SessionStore
  readonly issuer: TokenIssuer
  readonly refreshKey: string
  /** A session ends after this time without a refresh. Each refresh starts the time again. */
  readonly idleDays: number
  readonly wallMs: () => WallMs
  readonly newToken: () => RefreshToken
  /** Called when an old token came back: it was stolen, or the client has lost its state. */
  readonly onReuse: (family: string) => void
}): Sessions {
  const { store, issuer, refreshKey, idleDays, newToken, onReuse } = ports
  const sessionMs = idleDays * dayMs

  async function tokensOf(owner: SessionOwner, token: RefreshToken): Promise<Tokens> {
    const accessToken = await issuer.device({ ...owner, sessionId: token.family })
    return { accessToken, expiresIn: accessTokenSeconds, refreshToken: formatRefreshToken(refreshKey, token) }
  }

  return {
    async open(owner, passwordNo) {
      const token = newToken()
      const now = ports.wallMs()
      const times = { now: new Date(now), expiresAt: new Date(now + sessionMs) }
      const { deviceId } = owner
      const session = { deviceId, family: token.family, hash: hashSecret(token), passwordNo, ...times }
      const outcome = await store.open(session)
      if (outcome === 'disabled') throw new AppError('account_disabled')
      if (outcome === 'former_password') throw new AppError('unauthorized')
      return tokensOf(owner, token)
    },
    async refresh(text) {
      const token = parseRefreshToken(refreshKey, text)
      if (!token) throw new AppError('refresh_invalid')
      const { family, generation } = token
      const hash = hashSecret(token)
      const next = successor(refreshKey, token)
      const at = ports.wallMs()
      const now = new Date(at)
      const expiresAt = new Date(at + sessionMs)
      const owner =
        (await store.rotate({ family, generation, hash, nextHash: hashSecret(next), now, expiresAt })) ??
        (await store.repeat({ family, hash, now, since: new Date(at - limits.refreshRepeatMs) }))
      if (owner) return tokensOf(owner, next)
      const revocation = await store.revocationOf({ family, hash })
      if (revocation) throw deviceRevoked(revocation)
      if (await store.isIdle({ family, hash, now })) throw new AppError('session_idle', { days: idleDays })
      if (await store.end({ family, now })) onReuse(family)
      throw new AppError('refresh_invalid')
    },
    async end(text) {
      const token = parseRefreshToken(refreshKey, text)
      if (token) await store.end({ family: token.family, hash: hashSecret(token), now: new Date(ports.wallMs()) })
    },
  }
}
