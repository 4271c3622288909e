import { createPublicKey, verify } from 'node:crypto'
import { toBase64Url } from '@fastchat/service'

/**
 * Returns true if `signature` is one of `message` under a raw public key (RFC 8032). Returns false
 * for malformed keys, too.
 */
export function isEd25519Signature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const x = toBase64Url(publicKey)
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}
