import { createPrivateKey, createPublicKey, sign } from 'node:crypto'

/** The DER of an Ed25519 private key (RFC 8410) before its 32-byte seed. */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex')

/**
 * Returns the Ed25519 key pair of a seed by OpenSSL, another implementation than the one that
 * FastChat signs with.
 */
export function signerOf(seed: Buffer): { readonly publicKey: Buffer; sign(message: Buffer): Buffer } {
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Head, seed]), format: 'der', type: 'pkcs8' })
  return {
    publicKey: createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (message) => sign(null, message, key),
  }
}
