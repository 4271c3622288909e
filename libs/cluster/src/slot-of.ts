const slotCount = 16_384
/** CRC-16/XMODEM, the polynomial of the Redis Cluster specification. */
const polynomial = 0x1021

/** The slot of a Redis Cluster that a key or channel lives in; only what is in its first braces counts, if there is any. */
export function slotOf(name: string): number {
  const open = name.indexOf('{')
  const close = name.indexOf('}', open + 1)
  const hashed = open >= 0 && close > open + 1 ? name.slice(open + 1, close) : name
  let crc = 0
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ polynomial) & 0xffff : crc << 1
  }
  return crc % slotCount
}
