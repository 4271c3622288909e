import { crc32 } from 'node:zlib'

/**
 * The chunks that show the picture and its frames (PNG 3rd edition, section 5.6). Texts, times,
 * Exif and profiles are left out.
 */
const kept = ['IHDR', 'PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'acTL', 'fcTL', 'IDAT', 'fdAT', 'IEND']
const signatureBytes = 8
/** The bytes of a chunk's length, type and checksum. */
const frameBytes = 12

/** A moving PNG without its metadata, and how many frames it has. */
export type MovingPng = { readonly bytes: Buffer; readonly frames: number }

/**
 * Reads a PNG that moves (APNG). Image libraries read only its first frame. Its frames stay as they
 * are. Undefined: it does not move.
 * @throws {RangeError} when it ends too early, a checksum is wrong, or frames are missing.
 */
export function readMovingPng(png: Buffer): MovingPng | undefined {
  if (!moves(png)) return undefined
  const parts = [png.subarray(0, signatureBytes)]
  let [frames, announced, hasEnd] = [0, 0, false]
  for (const { type, data, whole } of chunksOf(png)) {
    if (crc32(whole.subarray(4, -4)) !== whole.readUInt32BE(whole.length - 4)) throw new RangeError(`${type}: checksum`)
    if (type === 'acTL') announced = data.readUInt32BE(0)
    if (type === 'fcTL') frames++
    if (kept.includes(type)) parts.push(whole)
    hasEnd = type === 'IEND'
  }
  if (!hasEnd || frames !== announced) throw new RangeError('the end is missing')
  return { bytes: Buffer.concat(parts), frames }
}

/** Whether an acTL is before the first IDAT. Readers show the frames only then. */
function moves(png: Buffer): boolean {
  try {
    for (const { type } of chunksOf(png)) {
      if (type === 'acTL') return true
      if (type === 'IDAT') return false
    }
  } catch {} // the file ends before both, so it counts as a still picture
  return false
}

type Chunk = { readonly type: string; readonly data: Buffer; readonly whole: Buffer }

/** Yields the chunks up to IEND. Bytes after it are no part of the picture. */
function* chunksOf(png: Buffer): Generator<Chunk> {
  for (let at = signatureBytes; at < png.length; ) {
    if (at + frameBytes > png.length) throw new RangeError('the end is missing')
    const end = at + frameBytes + png.readUInt32BE(at)
    if (end > png.length) throw new RangeError('the end is missing')
    const whole = png.subarray(at, end)
    const type = whole.toString('latin1', 4, 8)
    yield { type, data: whole.subarray(8, -4), whole }
    if (type === 'IEND') return
    at = end
  }
}
