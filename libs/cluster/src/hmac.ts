import { hash } from 'node:crypto'

/** Block size of SHA-256 (FIPS 180-4). */
const blockBytes = 64
const hashBytes = 32
/** Most packets are shorter than this. */
const usualBytes = 8 * 1024

/** Returns the MAC of a message given in two parts. The next call overwrites the result. */
export type Hmac = (prefix: string, message: Uint8Array) => Buffer

/**
 * Makes an HMAC-SHA256 (RFC 2104) from two plain hashes, which costs 2.7 µs of CPU for 620 bytes.
 * `createHmac` costs 6.7 µs: it makes an OpenSSL object for each MAC, which V8 has to collect.
 * `prefix` must be latin1.
 */
export function hmacSha256(key: Uint8Array): Hmac {
  const short = key.length > blockBytes ? hash('sha256', key, 'buffer') : key
  const inner = Buffer.alloc(blockBytes + usualBytes)
  const outer = Buffer.alloc(blockBytes + hashBytes)
  for (let at = 0; at < blockBytes; at++) {
    inner[at] = 0x36 ^ (short[at] ?? 0)
    outer[at] = 0x5c ^ (short[at] ?? 0)
  }
  const mac = Buffer.alloc(hashBytes)
  return (prefix, message) => {
    const start = blockBytes + prefix.length
    const end = start + message.length
    const all = end <= inner.length ? inner : Buffer.alloc(end, inner.subarray(0, blockBytes))
    all.write(prefix, blockBytes, 'latin1')
    all.set(message, start)
    // Strings, because a Buffer costs as much as the hash itself.
    outer.write(hash('sha256', all.subarray(0, end), 'binary'), blockBytes, 'latin1')
    mac.write(hash('sha256', outer, 'binary'), 'latin1')
    return mac
  }
}
