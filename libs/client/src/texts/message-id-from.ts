import type { MessageId } from '@fastchat/schema'

/** The secret, key and time that give a message id. */
export type MessageIdSource = {
  /** A secret of at least 32 bytes, so that nobody else can compute the id. */
  readonly secret: Uint8Array<ArrayBuffer>
  /** Names what the message is for. The same key gives the same id. */
  readonly key: string
  /**
   * The time that the id carries, in milliseconds. The server rejects ids that are over 30 days
   * old.
   */
  readonly atMs: number
}

const minSecretBytes = 32

/**
 * Returns the same message id (UUIDv7) for the same secret, key and time. A message that is sent
 * twice under it is stored once.
 *
 * @throws {RangeError} when the secret is too short
 */
export async function messageIdFrom({ secret, key, atMs }: MessageIdSource): Promise<MessageId> {
  if (secret.length < minSecretBytes) throw new RangeError(`the secret has under ${minSecretBytes} bytes`)
  const hmac = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  const mac = new Uint8Array(await crypto.subtle.sign('HMAC', hmac, new TextEncoder().encode(key)))
  const bytes = mac.slice(0, 16)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, Math.floor(atMs / 2 ** 32) % 2 ** 16)
  view.setUint32(2, atMs % 2 ** 32)
  view.setUint8(6, 0x70 | (view.getUint8(6) & 0x0f))
  view.setUint8(8, 0x80 | (view.getUint8(8) & 0x3f))
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  // The cast holds because these are the letters of a UUIDv7.
  return [8, 12, 16, 20, 32].map((end, n, ends) => hex.slice(ends[n - 1] ?? 0, end)).join('-') as MessageId
}
