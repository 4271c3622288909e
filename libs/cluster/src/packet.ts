import { timingSafeEqual } from 'node:crypto'
import { type Hmac, hmacSha256 } from './hmac.ts'

/** First byte. A pod drops packets of versions it does not know, so a new one may be sent only when all pods can read it. */
const version = 1
/** HMAC-SHA256 cut to 128 bits (RFC 2104 §5). */
const macBytes = 16
const minKeyBytes = 32
const newline = 0x0a

/** MACs with the key that the pods share and Redis does not know. Throws if it is too short to be one. */
export function busKey(bytes: Uint8Array): Hmac {
  if (bytes.byteLength < minKeyBytes) throw new TypeError(`The key of the bus needs ${minKeyBytes} bytes`)
  return hmacSha256(bytes)
}

/**
 * `version (1) | MAC (16) | header as JSON | "\n" | body`. The MAC covers the channel's name, so a packet can't be moved to
 * another conversation. It does not stop whoever can write to Redis from repeating one: sequence numbers do.
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
 * The packet's header and a view of its body; undefined if it was not sealed by a pod for this channel. Only the header is
 * parsed, and only once the MAC fits: what comes out was written by one of us.
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

/** What `isFrom` looks for. */
export const originMark = (origin: string) => Buffer.from(`"origin":${JSON.stringify(origin)}}\n`)

/**
 * Whether the packet says it is from `mark`'s pod; its header must end with the origin. Neither MAC nor JSON is looked at, so
 * this is only good for throwing a packet away.
 */
export function isFrom(mark: Buffer, packet: Buffer): boolean {
  const end = packet.indexOf(newline, 1 + macBytes)
  const start = end + 1 - mark.length
  return start > macBytes && mark.compare(packet, start, end + 1) === 0
}

const macOf = (key: Hmac, channel: string, packet: Buffer): Buffer =>
  key(`${version}\n${channel}\n`, packet.subarray(1 + macBytes)).subarray(0, macBytes)
