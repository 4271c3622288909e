import type { Decoder } from 'ts-mls/codec/tlsDecoder.js'
import { sameBytes } from './bytes.ts'
import { HandshakeError } from './handshake-error.ts'
import { TlsReader } from './tls-reader.ts'

/** The wire formats of an MLSMessage (RFC 9420 §6). */
export const wireFormats = { publicMessage: 1, privateMessage: 2, welcome: 3, groupInfo: 4, keyPackage: 5 } as const

/** The engine's decoder and encoder of a structure. */
export type Codec<T> = { readonly decode: Decoder<T>; readonly encode: (value: T) => Uint8Array }

/**
 * Reads the one object of a wire format that fills an MLSMessage. It must encode to the same bytes,
 * so that every reader sees the same object.
 *
 * @throws HandshakeError `malformed`
 */
export function decodeMessage<T>(message: Uint8Array, format: keyof typeof wireFormats, codec: Codec<T>): T {
  const reader = new TlsReader(message)
  if (reader.uint16() !== 1 || reader.uint16() !== wireFormats[format])
    throw new HandshakeError('malformed', `not an MLSMessage of format ${format}`)
  const { value } = decodeItem(reader, codec)
  reader.end()
  return value
}

/** Reads the object at the reader's position as strictly. @throws HandshakeError `malformed` */
export function decodeItem<T>(reader: TlsReader, { decode, encode }: Codec<T>): { value: T; bytes: Uint8Array } {
  const start = reader.at
  const [value, length] = attempt(() => decode(reader.bytes, start), 'undecodable')
  reader.skipTo(start + length)
  const bytes = reader.bytes.subarray(start, reader.at)
  // The engine encodes lists recursively: half a million items overflow its stack.
  const encoded = attempt(() => encode(value), 'cannot be encoded')
  if (!sameBytes(encoded, bytes)) throw new HandshakeError('malformed', 'not in canonical form')
  return { value, bytes }
}

function attempt<T>(work: () => T | undefined, failure: string): T {
  try {
    const done = work()
    if (done !== undefined) return done
  } catch (cause) {
    throw new HandshakeError('malformed', failure, { cause })
  }
  throw new HandshakeError('malformed', failure)
}
