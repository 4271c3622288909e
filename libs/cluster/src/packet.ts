import { timingSafeEqual } from 'node:crypto'
import { type Hmac, hmacSha256 } from './hmac.ts'

/** The first byte. Pods drop unknown versions: send a new one only when all pods can read it. */
const version = 1
/** HMAC-SHA256 cut to 128 bits (RFC 2104 §5). */
const macBytes = 16
const minKeyBytes = 32
const newline = 0x0a

/** Makes MACs with the key that pods share and Redis does not know. Throws for a short key. */
export function busKey(bytes: Uint8Array): Hmac {
  if (bytes.byteLength < minKeyBytes) throw new TypeError(`The key of the bus needs ${minKeyBytes} bytes`)
  return hmacSha256(bytes)
}

/**
 * Returns `version (1) | MAC (16) | header as JSON | "\n" | body`. The MAC covers the name of the
 * channel, so a packet cannot be moved to another conversation. A user of Redis can still repeat a
 * packet; its sequence number shows that.
 */
export function sealPacket(key: Hmac, channel: string, header: object, body: Uint8Array): Buffer {
  const head = Buffer.from(`${JSON.stringify(header)}\n`)
  const packet = Buffer.allocUnsafe(1 + macBytes + head.length + body.length)
  packet[0] = version
  packet.set(head, 1 + macBytes)
  packet.set(body, 1 + macBytes + head.length)
  packet.set(macOf(key, channel, packet), 1)
  return packet
}

/**
 * Returns the header of a packet and a view of its body. Returns undefined if no pod has sealed it
 * for this channel. The header is parsed only after the MAC check, so one of our pods wrote it.
 */
export function openPacket(
  key: Hmac,
  channel: string,
  packet: Buffer,
): { readonly header: unknown; readonly body: Buffer } | undefined {
  if (packet.length <= 1 + macBytes || packet[0] !== version) return undefined
  if (!timingSafeEqual(packet.subarray(1, 1 + macBytes), macOf(key, channel, packet))) return undefined
  const end = packet.indexOf(newline, 1 + macBytes)
  if (end < 0) return undefined
  return { header: JSON.parse(packet.toString('utf8', 1 + macBytes, end)), body: packet.subarray(end + 1) }
}

/** Returns the end of a header with this origin, which `isFrom` looks for. */
export const originMark = (origin: string) => Buffer.from(`"origin":${JSON.stringify(origin)}}\n`)

/**
 * Returns whether the packet claims to be from the pod of `mark`. Its header must end with the
 * origin. It checks neither MAC nor JSON, so use it only to drop a packet.
 */
export function isFrom(mark: Buffer, packet: Buffer): boolean {
  const end = packet.indexOf(newline, 1 + macBytes)
  const start = end + 1 - mark.length
  return start > macBytes && mark.compare(packet, start, end + 1) === 0
}

const macOf = (key: Hmac, channel: string, packet: Buffer): Buffer =>
  key(`${version}\n${channel}\n`, packet.subarray(1 + macBytes)).subarray(0, macBytes)
