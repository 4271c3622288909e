import { randomUUID } from 'node:crypto'
import type { DeviceId, UserId } from '@fastchat/schema'
import { audiences } from '@fastchat/service'
import { SignJWT } from 'jose'
import type { SigningKeys } from './signing-keys.ts'

export const accessTokenSeconds = 10 * 60
/** Long enough to derive keys on a slow phone and to register. */
const enrolTokenSeconds = 5 * 60

export type TokenIssuer = {
  device(claims: { userId: UserId; deviceId: DeviceId; sessionId: string }): Promise<string>
  enrol(userId: UserId): Promise<string>
}

/** Signs access tokens (RFC 9068) with the present key. `now` in milliseconds since 1970. */
export function createTokenIssuer(ports: {
  readonly keys: () => SigningKeys
  readonly issuer: string
  readonly now: () => number
}): TokenIssuer {
  const sign = (userId: UserId, audience: string, seconds: number, claims: Record<string, string>) => {
    const { kid, key } = ports.keys().current
    const issuedAt = Math.floor(ports.now() / 1000)
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
      .setIssuer(ports.issuer)
      .setAudience(audience)
      .setSubject(userId)
      .setJti(randomUUID())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(key)
  }
  return {
    device: ({ userId, deviceId, sessionId }) =>
      sign(userId, audiences.device, accessTokenSeconds, { device: deviceId, sid: sessionId }),
    enrol: (userId) => sign(userId, audiences.enrol, enrolTokenSeconds, {}),
  }
}
