import { crc32, deflateSync } from 'node:zlib'

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/** Draws a sunset over hills as a PNG of 8-bit colours (PNG, third edition, section 11). */
export function drawHills(width: number, height: number): Buffer {
  const rows = Buffer.alloc((width * 3 + 1) * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) rows.set(colourAt(x / width, y / height), y * (width * 3 + 1) + 1 + x * 3)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2, 0, 0, 0], 8)
  return Buffer.concat([
    ...[signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows))],
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Returns the red, green and blue of a place; both coordinates go from 0 to 1. */
function colourAt(x: number, y: number): readonly [number, number, number] {
  const near = 0.78 + 0.08 * Math.sin(x * 7 + 1)
  const far = 0.62 + 0.07 * Math.sin(x * 5)
  if (y > near) return [38, 52, 64]
  if (y > far) return [76, 88, 112]
  const sun = Math.hypot((x - 0.68) * 1.5, y - 0.42)
  if (sun < 0.1) return [255, 226, 150]
  const warm = Math.max(0, 1 - sun)
  return [Math.round(120 + 125 * warm), Math.round(96 + 70 * warm + 40 * y), Math.round(150 - 40 * warm)]
}

function chunk(type: string, body: Buffer): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const framed = Buffer.alloc(content.length + 8)
  framed.writeUInt32BE(body.length, 0)
  framed.set(content, 4)
  framed.writeUInt32BE(crc32(content), content.length + 4)
  return framed
}
