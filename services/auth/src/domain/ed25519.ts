import { createPublicKey, verify } from 'node:crypto'

/** Whether `signature` is that of `message` (RFC 8032) under a raw public key. False, too, for what is not even a key. */
export function isEd25519Signature(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  try {
    const x = Buffer.from(publicKey).toString('base64url')
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
    return verify(null, message, key, signature)
  } catch {
    return false
  }
}
