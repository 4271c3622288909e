const keyBytes = 32
const prime = 2n ** 255n - 19n

/** The u of all points of small order on Curve25519 and its twist: a shared secret with one is zero (RFC 7748 §6.1). */
const smallOrderU: ReadonlySet<bigint> = new Set([
  0n,
  1n,
  prime - 1n,
  325606250916557431795983626356110631294008115727848805560023387167927233504n,
  39382357235489614581723060781553021112529911719440698176882885853963445705823n,
])

/**
 * Whether an X25519 key can be encrypted to. With a key of small order every implementation refuses to (RFC 9180 §7.1.4), so one
 * such leaf would keep all others from changing the group.
 */
export function isUsableHpkeKey(publicKey: Uint8Array): boolean {
  if (publicKey.length !== keyBytes) return false
  let u = 0n
  for (let at = keyBytes - 1; at >= 0; at--) u = (u << 8n) | BigInt(publicKey[at] ?? 0)
  return !smallOrderU.has((u & ((1n << 255n) - 1n)) % prime)
}
