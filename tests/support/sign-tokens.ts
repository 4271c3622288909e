import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { importJWK, type JWK, SignJWT } from 'jose'
import type { SeedDevice } from './seed.ts'

/** The longest lifetime that a pod accepts. */
const lifetimeSeconds = 15 * 60

/** Signs access tokens with auth's key, as auth would have done `ageSeconds` ago. */
export async function signTokens(
  signingKeysFile: string,
  devices: readonly SeedDevice[],
  { ageSeconds = 0 }: { readonly ageSeconds?: number } = {},
): Promise<readonly string[]> {
  const issuedAt = Math.floor(Date.now() / 1_000) - ageSeconds
  // `ensureSecrets` wrote this file.
  const { keys } = JSON.parse(await readFile(signingKeysFile, 'utf8')) as { keys: readonly [JWK & { kid: string }] }
  const [{ kid }] = keys
  const key = await importJWK(keys[0], 'EdDSA')
  return await Promise.all(
    devices.map(({ userId, deviceId }) =>
      new SignJWT({ device: deviceId, sid: randomUUID() })
        .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt', kid })
        .setIssuer('fastchat')
        .setAudience('fastchat')
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + lifetimeSeconds)
        .sign(key),
    ),
  )
}
