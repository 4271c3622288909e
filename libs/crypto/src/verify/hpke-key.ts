const keyBytes = 32

/**
 * The u coordinates of all points of small order on Curve25519 and its twist, little endian. These
 * are 0, 1, p - 1, p, p + 1 and the two of order 8, as far as they fit in 255 bits. A shared secret
 * with such a point is zero (RFC 7748 §6.1).
 */
const smallOrderU: readonly Uint8Array[] = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
].map((hex) => Uint8Array.from({ length: keyBytes }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16)))

/**
 * Checks that an X25519 key can be encrypted to. Every implementation refuses a key of small order
 * (RFC 9180 §7.1.4), so one leaf with such a key would keep all others from changing the group. The
 * highest bit is not part of u (RFC 7748 §5).
 */
export function isUsableHpkeKey(publicKey: Uint8Array): boolean {
  return publicKey.length === keyBytes && !smallOrderU.some((u) => isSameU(publicKey, u))
}

function isSameU(key: Uint8Array, u: Uint8Array): boolean {
  for (let at = 0; at < keyBytes - 1; at++) if (key[at] !== u[at]) return false
  return ((key[keyBytes - 1] ?? 0) & 0x7f) === u[keyBytes - 1]
}
