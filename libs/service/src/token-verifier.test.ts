import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@fastchat/clock'
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createTokenVerifier } from './token-verifier.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const stranger = generateKeyPairSync('ed25519')
const kid = 'ours'
const jwkOf = (key: KeyObject): JsonWebKey => key.export({ format: 'jwk' })
/** The key has no `alg`, so only the verifier names the algorithm. */
const published = { keys: [{ ...jwkOf(publicKey), kid, use: 'sig' } as { kty: string }] }

const seconds = (ms: number) => Math.floor(ms / 1000)
const now = () => seconds(Date.now())
const honest = () => ({
  iss: 'fastchat',
  aud: 'fastchat',
  sub: randomUUID(),
  device: randomUUID(),
  sid: randomUUID(),
  iat: now(),
  exp: now() + 600,
})
const honestHeader = { alg: 'EdDSA', typ: 'at+jwt', kid }

const sign = (
  claims: JWTPayload,
  header: JWTHeaderParameters = honestHeader,
  key: KeyObject | Uint8Array = privateKey,
) => new SignJWT(claims).setProtectedHeader(header).sign(key)
const without = (name: string): JWTPayload =>
  Object.fromEntries(Object.entries(honest()).filter(([key]) => key !== name))
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const publicPem = Buffer.from(publicKey.export({ format: 'pem', type: 'spki' }))
const publicX = Buffer.from(jwkOf(publicKey).x ?? '', 'base64url')

describe('with local keys', () => {
  const verifier = createTokenVerifier({ issuer: 'fastchat', keys: { current: () => published }, clock: systemClock })

  test('a valid token names the device and its expiry', async () => {
    const claims = honest()
    expect(await verifier.device(await sign(claims))).toEqual({
      scope: 'device',
      userId: claims.sub,
      deviceId: claims.device,
      sessionId: claims.sid,
      expiresAt: claims.exp * 1000,
    })
    const enrol = { ...claims, aud: 'fastchat-enrol' }
    expect(await verifier.enrol(await sign(enrol))).toEqual({ scope: 'enrol', userId: claims.sub })
  })

  test('clocks may differ by half a minute', async () => {
    await verifier.device(await sign({ ...honest(), iat: now() - 600, exp: now() - 20 }))
    await verifier.device(await sign({ ...honest(), nbf: now() + 20 }))
  })

  test('an expired token gets another error than a forged one', async () => {
    const expired = await sign({ ...honest(), iat: now() - 700, exp: now() - 100 })
    await expect(verifier.device(expired)).rejects.toMatchObject({ code: 'token_expired' })
    const forged = await sign({ ...honest(), exp: now() - 100 }, honestHeader, stranger.privateKey)
    await expect(verifier.device(forged)).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test.each<[string, () => Promise<string> | string]>([
    ['alg none', () => `${encode({ ...honestHeader, alg: 'none' })}.${encode(honest())}.`],
    [
      'alg nOnE with the old signature',
      async () => {
        const [, claims, signature] = (await sign(honest())).split('.')
        return `${encode({ ...honestHeader, alg: 'nOnE' })}.${claims}.${signature}`
      },
    ],
    ['HS256 under the public key', () => sign(honest(), { ...honestHeader, alg: 'HS256' }, publicX)],
    ['HS256 under the public PEM', () => sign(honest(), { ...honestHeader, alg: 'HS256' }, publicPem)],
    ['another name for the algorithm', () => sign(honest(), { ...honestHeader, alg: 'Ed25519' })],
    ['honest, but padded', () => sign({ ...honest(), pad: 'x'.repeat(4096) })],
    ['another key', () => sign(honest(), honestHeader, stranger.privateKey)],
    [
      'its own key in jwk',
      () => sign(honest(), { ...honestHeader, jwk: jwkOf(stranger.publicKey) as { kty: string } }, stranger.privateKey),
    ],
    ['our key, but a jwk too', () => sign(honest(), { ...honestHeader, jwk: jwkOf(publicKey) as { kty: string } })],
    ['our key, but a jku too', () => sign(honest(), { ...honestHeader, jku: 'http://127.0.0.1:1/jwks.json' })],
    ['our key, but an x5u too', () => sign(honest(), { ...honestHeader, x5u: 'http://127.0.0.1:1/cert' })],
    ['no kid', () => sign(honest(), { alg: 'EdDSA', typ: 'at+jwt' })],
    ['an unknown kid', () => sign(honest(), { ...honestHeader, kid: 'theirs' })],
    ['a kid that is a path', () => sign(honest(), { ...honestHeader, kid: '../../dev/null' })],
    ['typ JWT', () => sign(honest(), { ...honestHeader, typ: 'JWT' })],
    ['no typ', () => sign(honest(), { alg: 'EdDSA', kid })],
    ['another issuer', () => sign({ ...honest(), iss: 'else' })],
    ['another audience', () => sign({ ...honest(), aud: 'else' })],
    ['the audience of enrolment', () => sign({ ...honest(), aud: 'fastchat-enrol' })],
    ['nbf in the future', () => sign({ ...honest(), nbf: now() + 300 })],
    ['a life of a year', () => sign({ ...honest(), exp: now() + 365 * 86_400 })],
    ['no exp', () => sign(without('exp'))],
    ['no iat', () => sign(without('iat'))],
    ['no sub', () => sign(without('sub'))],
    ['no device', () => sign(without('device'))],
    ['no session', () => sign(without('sid'))],
    ['a sub that is no user id', () => sign({ ...honest(), sub: "' or 1=1" })],
    [
      'changed claims',
      async () => {
        const [header, , signature] = (await sign(honest())).split('.')
        return `${header}.${encode(honest())}.${signature}`
      },
    ],
    ['a cut signature', async () => (await sign(honest())).slice(0, -4)],
    ['five parts', async () => `${await sign(honest())}.a.b`],
    ['no token at all', () => 'nonsense'],
    ['nothing', () => ''],
    ['a megabyte', () => `${encode(honestHeader)}.${'A'.repeat(1_000_000)}.AAAA`],
  ])('%s is refused', async (_, forge) => {
    await expect(verifier.device(await forge())).rejects.toMatchObject({ code: 'unauthorized' })
  })

  test('the token of a device does not enrol', async () => {
    await expect(verifier.enrol(await sign(honest()))).rejects.toMatchObject({ code: 'unauthorized' })
  })
})

describe('with the keys that auth publishes', () => {
  let fetches = 0
  const auth = createServer((_, res) => {
    fetches += 1
    res.setHeader('content-type', 'application/json').end(JSON.stringify(published))
  })
  let jwksUrl: string
  beforeAll(async () => {
    await new Promise<void>((resolve) => auth.listen(0, '127.0.0.1', resolve))
    jwksUrl = `http://127.0.0.1:${(auth.address() as AddressInfo).port}/.well-known/jwks.json`
  })
  afterAll(() => {
    auth.close()
  })

  test('a flood of unknown kids causes one fetch, and known keys stay valid while auth is away', async () => {
    const verifier = createTokenVerifier({ issuer: 'fastchat', keys: { jwksUrl }, clock: systemClock })
    await verifier.device(await sign(honest()))
    const forgeries = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        sign(honest(), { ...honestHeader, kid: `theirs${n}` }, stranger.privateKey),
      ),
    )
    for (const token of forgeries) await expect(verifier.device(token)).rejects.toMatchObject({ code: 'unauthorized' })
    expect(fetches).toBe(1)
    await new Promise((resolve) => {
      auth.close(resolve)
      auth.closeAllConnections()
    })
    await verifier.device(await sign(honest()))
    const late = createTokenVerifier({ issuer: 'fastchat', keys: { jwksUrl }, clock: systemClock })
    await expect(late.device(await sign(honest()))).rejects.toMatchObject({ code: 'busy', retryMs: 1_000 })
  })
})
