import { verifyEd25519 } from '#primitives'
import { concat, lengthPrefix, withLength } from './bytes.ts'

const keyBytes = 32
const signatureBytes = 64
const utf8 = new TextEncoder()

/**
 * Checks an Ed25519 signature by one strict rule for servers and clients, so that all accept the
 * same. The equation is the one of RFC 8032 §5.1.7 without cofactor. Keys must be encoded
 * canonically, and not have small order, which would sign anything. Never throws, for any bytes.
 */
export async function isSignedBy(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean> {
  if (publicKey.length !== keyBytes || signature.length !== signatureBytes || !isStrictKey(publicKey)) return false
  try {
    return await verifyEd25519(publicKey, message, signature)
  } catch {
    return false
  }
}

/**
 * Checks a signature of a structure that MLS signs under a label (SignWithLabel, RFC 9420 §5.1.2),
 * like `isSignedBy`.
 *
 * @param content the parts of the structure, in order
 */
export function isSignedWithLabel(
  publicKey: Uint8Array,
  label: string,
  content: readonly Uint8Array[],
  signature: Uint8Array,
): Promise<boolean> {
  const length = content.reduce((total, part) => total + part.length, 0)
  const head = withLength(utf8.encode(`MLS 1.0 ${label}`))
  return isSignedBy(publicKey, concat(head, lengthPrefix(length), ...content), signature)
}

/**
 * Returns the signed bytes of a statement of FastChat: the label and each field, each after its
 * length in two bytes, big endian. So no statement is valid as another one, nor as one of MLS,
 * whose labels begin with "MLS 1.0 ".
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

/**
 * Checks that y is below p and not one of the five y of the points of small order. The highest bit
 * is the sign of x, not part of y. Exported for its tests.
 */
export function isStrictKey(publicKey: Uint8Array): boolean {
  return !isAtLeastPrime(publicKey) && !smallOrderY.some((y) => isSameY(publicKey, y))
}

/** Checks for y ≥ p = 2^255 - 19: then all its bytes except the lowest have the greatest value. */
function isAtLeastPrime(key: Uint8Array): boolean {
  if (((key[31] ?? 0) & 0x7f) !== 0x7f || (key[0] ?? 0) < 0xed) return false
  for (let at = 1; at < 31; at++) if (key[at] !== 0xff) return false
  return true
}

function isSameY(key: Uint8Array, y: Uint8Array): boolean {
  for (let at = 0; at < 31; at++) if (key[at] !== y[at]) return false
  return ((key[31] ?? 0) & 0x7f) === y[31]
}

/** The y of the points of small order, little endian: 0, 1, p - 1, and the two of order 8. */
const smallOrderY: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map((hex) => Uint8Array.from({ length: keyBytes }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)))
