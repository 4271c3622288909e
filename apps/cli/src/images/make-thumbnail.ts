import { maxThumbnailBytes } from '@fastchat/schema'
import type { Sharp } from 'sharp'

const side = 240
const leastSide = 64
const qualities = [70, 45, 20]

/** Returns a small WebP of the first frame, upright: at most `maxThumbnailBytes`. */
export async function makeThumbnail(image: Sharp): Promise<Buffer> {
  const small = image.autoOrient().resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
  for (const quality of qualities) {
    const bytes = await small.clone().webp({ quality }).toBuffer()
    if (bytes.length <= maxThumbnailBytes) return bytes
  }
  return await small
    .clone()
    .resize({ width: leastSide, height: leastSide, fit: 'inside' })
    .webp({ quality: 20 })
    .toBuffer()
}
