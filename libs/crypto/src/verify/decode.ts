import type { Decoder } from 'ts-mls/codec/tlsDecoder.js'
import { sameBytes } from './bytes.ts'
import { HandshakeError } from './handshake-error.ts'

/** Wire formats of an MLSMessage (RFC 9420 §6). */
export const wireFormats = { publicMessage: 1, privateMessage: 2, welcome: 3, groupInfo: 4, keyPackage: 5 } as const

const headerBytes = 4

/**
 * Reads the one object of the given wire format that fills an MLSMessage, refusing any other spelling of it: it must
 * encode to the same bytes, so that everybody who reads it sees the same.
 *
 * @throws HandshakeError `malformed`
 */
export function decodeMessage<T>(
  message: Uint8Array,
  format: keyof typeof wireFormats,
  codec: { decode: Decoder<T>; encode: (value: T) => Uint8Array },
): T {
  const isFormat = [0, 1, 0, wireFormats[format]].every((byte, at) => message[at] === byte)
  if (!isFormat) throw new HandshakeError('malformed', `not an MLSMessage of format ${format}`)
  const body = message.subarray(headerBytes)
  const value = decodeBody(body, codec.decode)
  if (!sameBytes(encodeAgain(value, codec.encode), body)) throw new HandshakeError('malformed', 'not in canonical form')
  return value
}

/** The engine's encoder is recursive over lists: one of half a million items ends its stack. */
function encodeAgain<T>(value: T, encode: (value: T) => Uint8Array): Uint8Array {
  try {
    return encode(value)
  } catch (cause) {
    throw new HandshakeError('malformed', 'not to be encoded', { cause })
  }
}

function decodeBody<T>(body: Uint8Array, decode: Decoder<T>): T {
  try {
    const decoded = decode(body, 0)
    if (decoded !== undefined) return decoded[0]
  } catch (cause) {
    throw new HandshakeError('malformed', 'undecodable', { cause })
  }
  throw new HandshakeError('malformed', 'undecodable')
}
