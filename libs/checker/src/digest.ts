/**
 * Returns a 53-bit digest of a hash, because a history contains millions of hashes. Two different
 * hashes have the same digest once in 2^53 (cyrb53, public domain algorithm by bryc).
 */
export function digest(text: string): number {
  let high = 0xdeadbeef
  let low = 0x41c6ce57
  for (let n = 0; n < text.length; n++) {
    const code = text.charCodeAt(n)
    high = Math.imul(high ^ code, 0x9e3779b1)
    low = Math.imul(low ^ code, 0x5f356495)
  }
  high = Math.imul(high ^ (high >>> 16), 0x85ebca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2ae35)
  low = Math.imul(low ^ (low >>> 16), 0x85ebca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2ae35)
  return 2 ** 32 * (low & 0x1fffff) + (high >>> 0)
}
