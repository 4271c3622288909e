import { type DeviceId, limits, type Tokens, type UserId } from '@fastchat/schema'
import { AppError } from '@fastchat/service'
import { deviceRevoked } from './devices.ts'
import { formatRefreshToken, hashSecret, parseRefreshToken, type RefreshToken, successor } from './refresh-token.ts'
import { accessTokenSeconds, type TokenIssuer } from './token-issuer.ts'

/** A device that stays away longer signs in again. Each refresh starts it anew. */
const sessionMs = 30 * 24 * 3_600_000

export type SessionOwner = { readonly userId: UserId; readonly deviceId: DeviceId }

/** All conditions hold in the one statement that acts on them. Revoked devices, and those of disabled accounts, own no session. */
export type SessionStore = {
  /** Ends the device's former session, so there is one for each device. `false`: its account is disabled. */
  open(session: { deviceId: DeviceId; family: string; hash: Buffer; now: Date; expiresAt: Date }): Promise<boolean>
  /**
   * Moves on from `hash`, if that is the present one of a living session; or from the token of a later generation, once after the database
   * was restored from a copy, which can't know it.
   */
  rotate(change: {
    family: string
    generation: number
    hash: Buffer
    nextHash: Buffer
    now: Date
    expiresAt: Date
  }): Promise<SessionOwner | undefined>
  /** The owner, if `hash` was replaced after `since` and by none but its successor. */
  repeat(query: { family: string; hash: Buffer; now: Date; since: Date }): Promise<SessionOwner | undefined>
  /** The statement by which the session's device was revoked, if `hash` is its present or former token's. */
  revocationOf(query: { family: string; hash: Buffer }): Promise<Uint8Array | undefined>
  /** Ends the session; with a hash, only if that is its present or former one. Tells whether there was one to end. */
  end(session: { family: string; hash?: Buffer; now: Date }): Promise<boolean>
}

export type Sessions = {
  /** @throws AppError `account_disabled` */
  open(owner: SessionOwner): Promise<Tokens>
  /**
   * Exchanges a refresh token. A client whose answer was lost may show the former token again, for `limits.refreshRepeatMs`
   * and until its successor is used. Any other token of the session that is not the present one ends the session.
   *
   * @throws AppError `refresh_invalid`, `device_revoked` (details have the statement)
   */
  refresh(refreshToken: string): Promise<Tokens>
  /** Unknown tokens are ignored. */
  end(refreshToken: string): Promise<void>
}

export function createSessions(ports: {
  readonly store: SessionStore
  readonly issuer: TokenIssuer
  readonly refreshKey: string
  readonly now: () => number
  readonly newToken: () => RefreshToken
  /** A token came back that should be gone: it was stolen, or a client lost its mind. */
  readonly onReuse: (family: string) => void
}): Sessions {
  const { store, issuer, refreshKey, newToken, onReuse } = ports

  async function tokensOf(owner: SessionOwner, token: RefreshToken): Promise<Tokens> {
    const accessToken = await issuer.device({ ...owner, sessionId: token.family })
    return { accessToken, expiresIn: accessTokenSeconds, refreshToken: formatRefreshToken(refreshKey, token) }
  }

  return {
    async open(owner) {
      const token = newToken()
      const now = ports.now()
      const times = { now: new Date(now), expiresAt: new Date(now + sessionMs) }
      const session = { deviceId: owner.deviceId, family: token.family, hash: hashSecret(token), ...times }
      if (!(await store.open(session))) throw new AppError('account_disabled')
      return tokensOf(owner, token)
    },
    async refresh(text) {
      const token = parseRefreshToken(refreshKey, text)
      if (!token) throw new AppError('refresh_invalid')
      const { family, generation } = token
      const hash = hashSecret(token)
      const next = successor(refreshKey, token)
      const at = ports.now()
      const now = new Date(at)
      const expiresAt = new Date(at + sessionMs)
      const owner =
        (await store.rotate({ family, generation, hash, nextHash: hashSecret(next), now, expiresAt })) ??
        (await store.repeat({ family, hash, now, since: new Date(at - limits.refreshRepeatMs) }))
      if (owner) return tokensOf(owner, next)
      const revocation = await store.revocationOf({ family, hash })
      if (revocation) throw deviceRevoked(revocation)
      if (await store.end({ family, now })) onReuse(family)
      throw new AppError('refresh_invalid')
    },
    async end(text) {
      const token = parseRefreshToken(refreshKey, text)
      if (token) await store.end({ family: token.family, hash: hashSecret(token), now: new Date(ports.now()) })
    },
  }
}
