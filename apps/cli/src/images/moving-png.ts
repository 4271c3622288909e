import { crc32 } from 'node:zlib'

/** What shows the picture and moves it (PNG 3rd edition, section 5.6). Texts, times, Exif and profiles are left out. */
const kept = ['IHDR', 'PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT', 'acTL', 'fcTL', 'IDAT', 'fdAT', 'IEND']
const signatureBytes = 8
/** Length, type and checksum of a chunk. */
const frameBytes = 12

/** A moving PNG without its metadata, and how many frames it has. */
export type MovingPng = { readonly bytes: Buffer; readonly frames: number }

/**
 * Reads a PNG that moves (APNG), which image libraries take for a still one. Its frames stay as they are. Undefined: it does not move.
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

/** Whether an acTL stands before the first IDAT: only then do readers take it for a moving one. */
function moves(png: Buffer): boolean {
  try {
    for (const { type } of chunksOf(png)) {
      if (type === 'acTL') return true
      if (type === 'IDAT') return false
    }
  } catch {} // cut off before either: it is judged as a still picture
  return false
}

type Chunk = { readonly type: string; readonly data: Buffer; readonly whole: Buffer }

/** The chunks up to IEND: what hangs on behind it is no part of the picture. */
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
