const slotCount = 16_384
/** The polynomial of CRC-16/XMODEM, as the Redis Cluster specification has it. */
const polynomial = 0x1021

/** Returns the slot of a key or channel in a Redis Cluster: by its first braces, if not empty. */
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
