import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

/** A text in the metadata of the sample pictures. It must not be sent. */
export const secret = 'TAKEN-AT-HOME'

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')

/** Makes a picture of noise, as in a photo. Without losses it stays large. */
export function photo(width: number, height: number, channels: 3 | 4 = 3): Sharp {
  const bytes = Buffer.alloc(width * height * channels)
  for (let at = 0, state = 1; at < bytes.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    bytes[at] = state >>> 24
  }
  return sharp(bytes, { raw: { width, height, channels } })
}

/** Makes frames of one colour each, one below the other, as libvips has them. */
export function frames(count: number, width = 8, height = 6): Sharp {
  const bytes = Buffer.concat(Array.from({ length: count }, (_, at) => Buffer.alloc(width * height * 3, 20 + at * 60)))
  return sharp(bytes, { raw: { width, height: height * count, channels: 3, pageHeight: height } })
}

/** Makes a moving PNG with frames in different greys, and a text in its metadata. */
export function movingPng(count: number, { width = 8, height = 6, orientation = 1 } = {}): Buffer {
  const lines = (shade: number) =>
    deflateSync(Buffer.concat(Array.from({ length: height }, () => Buffer.from([0, ...Array(width).fill(shade)]))))
  const header = Buffer.concat([u32(width), u32(height), Buffer.from([8, 0, 0, 0, 0])])
  let sequence = 0
  const control = () =>
    chunk('fcTL', [u32(sequence++), u32(width), u32(height), u32(0), u32(0), Buffer.from([0, 10, 0, 100, 0, 0])])
  const parts = Array.from({ length: count }, (_, at) =>
    at === 0
      ? [control(), chunk('IDAT', [lines(40)])]
      : [control(), chunk('fdAT', [u32(sequence++), lines(40 + at * 60)])],
  )
  // TIFF 6.0: big-endian, one entry: 0x0112, a SHORT.
  const exif = Buffer.from(`4d4d002a0000000800010112000300000001000${orientation}000000000000`, 'hex')
  return Buffer.concat([
    signature,
    chunk('IHDR', [header]),
    chunk('acTL', [u32(count), u32(0)]),
    chunk('tEXt', [Buffer.from(`Comment\0${secret}`, 'latin1')]),
    ...(orientation === 1 ? [] : [chunk('eXIf', [exif])]),
    ...parts.flat(),
    chunk('IEND', []),
    Buffer.from(secret),
  ])
}

/** A red HEIC of 90 by 60 pixels. The program heif-enc of libheif 1.15 made it. */
export const redHeic = Buffer.from(
  [
    'AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWljAAABq21ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAADnBp',
    'dG0AAAAAAAIAAAAQaWRhdAAAAAAAWgA8AAAAOGlsb2MBAAAAREAAAgABAAAAAAAAAcsAAQAAAAAAAAAeAAIAAQAAAAAAAAABAAAA',
    'AAAAAAgAAAA4aWluZgAAAAAAAgAAABVpbmZlAgAAAQABAABodmMxAAAAABVpbmZlAgAAAAACAABncmlkAAAAANZpcHJwAAAAtGlw',
    'Y28AAAB0aHZjQwEDcAAAAAAAAAAAAB7wAPz9+PgAAA8DIAABABhAAQwB//8DcAAAAwCQAAADAAADAB66AkAhAAEAKEIBAQNwAAAD',
    'AJAAAAMAAAMAHqAwgQcnlurkprmwIAAAAwAgAAADACEiAAEABkQBwXPBiQAAABRpc3BlAAAAAAAAAFoAAABAAAAAFGlzcGUAAAAA',
    'AAAAWgAAADwAAAAQcGl4aQAAAAADCAgIAAAAGmlwbWEAAAAAAAAAAgABAoECAAICA4QAAAAaaXJlZgAAAAAAAAAOZGltZwACAAEA',
    'AQAAACZtZGF0AAAAGigBrwQUToD4ynHX//Syn76gLtjdI3Sqal9g',
  ].join(''),
  'base64',
)

/** Makes a GIF with a large canvas and this many frames of one dot each. */
export function wideGif(side: number, count: number): Buffer {
  const canvas = Buffer.from([side & 255, side >> 8, side & 255, side >> 8, 0x80, 0, 0, 0, 0, 0, 255, 255, 255])
  const frame = Buffer.from('21f904000a0000002c0000000001000100000202440100', 'hex')
  return Buffer.concat([Buffer.from('GIF89a'), canvas, ...Array<Buffer>(count).fill(frame), Buffer.from(';')])
}

/** Makes an ISO media file with this brand and no contents. */
export const brand = (name: string): Buffer =>
  Buffer.concat([u32(24), Buffer.from(`ftyp${name}\0\0\0\0${name}mif1`, 'latin1'), Buffer.alloc(64)])

function chunk(type: string, data: readonly Buffer[]): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...data])
  return Buffer.concat([u32(body.length - 4), body, u32(crc32(body))])
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
