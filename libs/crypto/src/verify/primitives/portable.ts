import { ed25519 as curve } from '@noble/curves/ed25519.js'
import { sha256, sha512 } from '@noble/hashes/sha2.js'

/*
 * The functions that depend on the runtime: this file is for browsers, `node.ts` for Node.
 * `#primitives` in package.json chooses. Both return the same results for the same bytes.
 */

export { sha256 }

/** Compares two byte strings, not in constant time: use it only for public values. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/**
 * Checks the equation of RFC 8032 §5.1.7 without cofactor, with s reduced. The caller has checked
 * the lengths and the key.
 *
 * @throws when the key is not a point
 */
export async function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  if (!(await hasNativeEd25519)) return verifyPortably(publicKey, message, signature)
  const key = await crypto.subtle.importKey('raw', owned(publicKey), 'Ed25519', false, ['verify'])
  return await crypto.subtle.verify('Ed25519', key, owned(signature), owned(message))
}

/** Tells whether WebCrypto has Ed25519: in old browsers it does not. */
const hasNativeEd25519: Promise<boolean> = (async () => {
  const base = curve.Point.BASE.toBytes()
  return crypto.subtle.importKey('raw', owned(base), 'Ed25519', false, ['verify']).then(
    () => true,
    () => false,
  )
})()

/** Checks the same rule without WebCrypto: sB - hA, encoded, is R. Exported for its tests. */
export function verifyPortably(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = curve
  const commitment = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= Point.Fn.ORDER) return false
  const h = littleEndian(sha512.create().update(commitment).update(publicKey).update(message).digest())
  const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(h % Point.Fn.ORDER))
  return sameBytes(expected.toBytes(), commitment)
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0)
  return value
}

/** WebCrypto rejects views of shared memory. These bytes never are; the type cannot say so. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()
}
