import type { WallMs } from '@fastchat/clock'
import type { DeviceId, UserId } from '@fastchat/schema'
import { audiences } from '@fastchat/service'
import { SignJWT } from 'jose'
import type { SigningKeys } from './signing-keys.ts'

export const accessTokenSeconds = 10 * 60
/** Enough time to derive keys on a slow phone and to register. */
const enrolTokenSeconds = 5 * 60

export type TokenIssuer = {
  device(claims: { userId: UserId; deviceId: DeviceId; sessionId: string }): Promise<string>
  /**
   * Signs a token for the person who has just proven the password with this number, or has used the
   * recovery key while it held.
   */
  enrol(userId: UserId, passwordNo: number, via?: 'recovery'): Promise<string>
}

/** Signs access tokens (RFC 9068) with the current key. */
export function createTokenIssuer(ports: {
  readonly keys: () => SigningKeys
  readonly issuer: string
  readonly wallMs: () => WallMs
  /** Makes the `jti` of a token. */
  readonly newTokenId: () => string
}): TokenIssuer {
  const sign = (userId: UserId, audience: string, seconds: number, claims: Record<string, string | number>) => {
    const { kid, key } = ports.keys().current
    const issuedAt = Math.floor(ports.wallMs() / 1000)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .setIssuer(ports.issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setJti(ports.newTokenId())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(key)
  }
  return {
    device: ({ userId, deviceId, sessionId }) =>
      sign(userId, audiences.device, accessTokenSeconds, { device: deviceId, sid: sessionId }),
    enrol: (userId, passwordNo, via) =>
      sign(userId, audiences.enrol, enrolTokenSeconds, { pw: passwordNo, ...(via && { via }) }),
  }
}
