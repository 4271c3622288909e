import { ed25519 as curve } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, sameBytes, withLength } from './bytes.ts'

const keyBytes = 32
const signatureBytes = 64
const utf8 = new TextEncoder()

/**
 * Whether `signature` is the Ed25519 signature of `message`, by one strict rule for servers and clients: what one accepts, all
 * accept. The equation is the cofactorless one of RFC 8032 §5.1.7, keys are encoded canonically and have no small order (which
 * would sign anything). Never throws, whatever the bytes are.
 */
export async function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes || !isStrictKey(publicKey)) return false
  try {
    if (!(await hasNativeEd25519)) return verifyPortably(publicKey, message, signature)
    const key = await crypto.subtle.importKey('raw', owned(publicKey), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, owned(signature), owned(message))
  } catch {
    return false
  }
}

/** As `isSignedBy`, for a structure that MLS signs under a label (SignWithLabel, RFC 9420 §5.1.2). */
export function isSignedWithLabel(
  publicKey: Uint8Array,
  label: string,
  content: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return isSignedBy(publicKey, concat(withLength(utf8.encode(`MLS 1.0 ${label}`)), withLength(content)), signature)
}

/**
 * What is really signed for a statement of ours: the label, then each field, each behind its length in two bytes, big
 * endian. So no statement can be taken for another, nor for one of MLS (whose labels begin with "MLS 1.0 ").
 */
export function signedBytes(label: string, fields: readonly (string | Uint8Array)[]): Uint8Array {
  const parts = [label, ...fields].map((part) => (typeof part === 'string' ? utf8.encode(part) : part))
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

/** Old browsers have WebCrypto without Ed25519. */
const hasNativeEd25519: Promise<boolean> = (async () => {
  const base = curve.Point.BASE.toBytes()
  return crypto.subtle.importKey('raw', owned(base), 'Ed25519', false, ['verify']).then(
    () => true,
    () => false,
  )
})()

/** The same rule where WebCrypto lacks it: sB - hA, encoded, is R. Exported for its tests. */
export function verifyPortably(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const { Point } = curve
  const commitment = signature.subarray(0, 32)
  const s = littleEndian(signature.subarray(32))
  if (s >= Point.Fn.ORDER) return false
  const h = littleEndian(sha512(concat(commitment, publicKey, message))) % Point.Fn.ORDER
  const expected = Point.BASE.multiplyUnsafe(s).subtract(Point.fromBytes(publicKey).multiplyUnsafe(h))
  return sameBytes(expected.toBytes(), commitment)
}

/** y below p, and none of the five y of the points of small order. */
function isStrictKey(publicKey: Uint8Array): boolean {
  const y = littleEndian(publicKey) & ((1n << 255n) - 1n)
  return y < curve.Point.Fp.ORDER && !smallOrderY.has(y)
}

const smallOrderY: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  curve.Point.Fp.ORDER - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
])

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at] ?? 0)
  return value
}

/** WebCrypto takes no views of shared memory, which these never are; the type can't say so. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer ? (bytes as Uint8Array<ArrayBuffer>) : bytes.slice()
}
