import { readFile } from 'node:fs/promises'
import { decodeJwt, importJWK, type JWK, type JWTPayload, SignJWT } from 'jose'

export type Forged = readonly [name: string, token: string, code: 'unauthorized' | 'token_expired']

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * Returns tokens that are not valid: made from an honest one, some of them signed with auth's own
 * key.
 */
export async function forgedTokens(honest: string, signingKeysFile: string): Promise<readonly Forged[]> {
  const { keys } = JSON.parse(await readFile(signingKeysFile, 'utf8')) as { keys: [JWK & { kid: string }] }
  const [key] = keys
  const { kid, x, d: _, ...rest } = key
  const claims = decodeJwt(honest)
  const header = { alg: 'EdDSA', typ: 'at+jwt', kid }
  const sign = async (change: JWTPayload, protect: typeof header & Record<string, unknown> = header) =>
    await new SignJWT({ ...claims, ...change }).setProtectedHeader(protect).sign(await importJWK(key, 'EdDSA'))
  const now = Math.floor(Date.now() / 1000)
  const byPublicKey = new SignJWT(claims)
    .setProtectedHeader({ ...header, alg: 'HS256' })
    .sign(Buffer.from(String(x), 'base64url'))
  const [head, , signature] = honest.split('.')
  return [
    ['of algorithm none', `${part({ ...header, alg: 'none' })}.${part(claims)}.`, 'unauthorized'],
    ['of HS256 under the public key', await byPublicKey, 'unauthorized'],
    ['with its own key', await sign({}, { ...header, jwk: { ...rest, x } }), 'unauthorized'],
    ['with the address of its key', await sign({}, { ...header, jku: 'http://127.0.0.1:1/' }), 'unauthorized'],
    ['of an unknown key', await sign({}, { ...header, kid: '../../dev/null' }), 'unauthorized'],
    ['of another type', await sign({}, { ...header, typ: 'JWT' }), 'unauthorized'],
    ['for another audience', await sign({ aud: 'fastchat-enrol' }), 'unauthorized'],
    ['by another issuer', await sign({ iss: 'somebody' }), 'unauthorized'],
    ['of tomorrow', await sign({ nbf: now + 86_400 }), 'unauthorized'],
    ['for a year', await sign({ exp: now + 365 * 86_400 }), 'unauthorized'],
    ['of yesterday', await sign({ iat: now - 86_400, exp: now - 86_000 }), 'token_expired'],
    ['with other claims', `${head}.${part({ ...claims, sub: claims.device })}.${signature}`, 'unauthorized'],
    ['that is huge', `${head}.${'A'.repeat(4_500)}.${signature}`, 'unauthorized'],
  ]
}
