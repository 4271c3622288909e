import { type CryptoKey, calculateJwkThumbprint, importJWK, type JSONWebKeySet, type JWK } from 'jose'

export type SigningKeys = {
  readonly current: { readonly kid: string; readonly key: CryptoKey }
  /**
   * All keys without their private parts. Verifiers check tokens with them, and anyone may see
   * them.
   */
  readonly published: JSONWebKeySet
}

/**
 * Reads a private JWKS (RFC 7517) of Ed25519 keys. The first key signs. To rotate: append the new
 * key and wait 10 minutes, until every verifier has fetched the set. Then move it to the front, and
 * remove the old key when its last token has expired.
 *
 * @throws TypeError if a key is not a private Ed25519 key; the message quotes nothing of the text
 */
export async function parseSigningKeys(text: string): Promise<SigningKeys> {
  const keys = await Promise.all(readKeys(text).map(toSigningKey))
  const [first] = keys
  if (first === undefined) throw new TypeError('the signing key set is empty')
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length) throw new TypeError('two signing keys share a kid')
  return { current: first, published: { keys: keys.map(({ published }) => published) } }
}

function readKeys(text: string): readonly JWK[] {
  try {
    const { keys } = JSON.parse(text) as { keys?: unknown }
    if (Array.isArray(keys)) return keys
  } catch {
    // The error below replaces this one, which quotes the text.
  }
  throw new TypeError('the signing keys are not a JWKS')
}

async function toSigningKey(jwk: JWK): Promise<{ kid: string; key: CryptoKey; published: JWK }> {
  const { kty, crv, x, d } = jwk
  if (kty !== 'OKP' || crv !== 'Ed25519' || x === undefined || d === undefined)
    throw new TypeError('a signing key is not a private Ed25519 key')
  const kid = jwk.kid ?? (await calculateJwkThumbprint({ kty, crv, x }))
  const key = await importJWK({ kty, crv, x, d }, 'EdDSA')
  // Only symmetric keys are returned as bytes.
  return { kid, key: key as CryptoKey, published: { kty, crv, x, kid, alg: 'EdDSA', use: 'sig' } }
}
