import { makeNobleSignatureImpl } from 'ts-mls/crypto/implementation/default/makeNobleSignatureImpl.js'
import type { Signature } from 'ts-mls/crypto/signature.js'

const keyBytes = 32
const signatureBytes = 64

/** The Ed25519 of the MLS engine: WebCrypto wherever there is one (Node and every current browser), else @noble/curves. */
export const ed25519: Promise<Signature> = makeNobleSignatureImpl('Ed25519')

/** Whether `signature` is the Ed25519 signature of `message` (RFC 8032). Never throws, whatever the bytes are. */
export async function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes) return false
  const scheme = await ed25519
  return scheme.verify(publicKey, message, signature).catch(() => false)
}

/**
 * What is really signed for a statement of ours: the label, then each field, each behind its length in two bytes, big
 * endian. So no statement can be taken for another, nor for one of MLS (whose labels begin with "MLS 1.0 ").
 */
export function signedBytes(label: string, fields: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = [label, ...fields].map((part) => (typeof part === 'string' ? new TextEncoder().encode(part) : part))
  const out = new Uint8Array(parts.reduce((total, part) => total + 2 + part.length, 0))
  let at = 0
  for (const part of parts) {
    if (part.length > 0xffff) throw new RangeError('field too long to sign')
    out[at] = part.length >> 8
    out[at + 1] = part.length & 0xff
    out.set(part, at + 2)
    at += 2 + part.length
  }
  return out
}
