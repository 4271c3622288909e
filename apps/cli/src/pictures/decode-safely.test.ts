import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { brand, movingPng, photo, redHeic } from '../images/sample-pictures.ts'
import { type DecodedForm, decodeSafely } from './decode-safely.ts'

const room = { width: 40, height: 40, form: 'kitty' as DecodedForm }
const red = sharp({ create: { width: 60, height: 30, channels: 3, background: '#ff0000' } })

test.each(['png', 'jpeg', 'webp', 'gif'] as const)('a %s becomes small, and keeps its shape', async (kind) => {
  const { width, height, bytes } = await decodeSafely(await red.clone().toFormat(kind).toBuffer(), room)
  expect({ width, height }).toEqual({ width: 40, height: 20 })
  const [r = 0, g = 0, b = 0, opacity] = bytes
  expect([r > 250, g < 6, b < 6, opacity]).toEqual([true, true, true, 255])
})

test('the form for iTerm2 is a new PNG, and the one for sixel has few enough colors', async () => {
  const noise = await photo(200, 100).png().toBuffer()
  const { bytes: png } = await decodeSafely(noise, { ...room, form: 'iterm2' })
  expect(await sharp(png).metadata()).toMatchObject({ format: 'png', width: 40, height: 20 })
  const { bytes } = await decodeSafely(noise, { width: 200, height: 100, form: 'sixel' })
  const colors = new Set(
    Array.from({ length: bytes.length / 4 }, (_, at) => bytes.subarray(at * 4, at * 4 + 3).toString()),
  )
  expect(colors.size).toBeLessThanOrEqual(256)
})

test('a picture lies on its side when its metadata says so', async () => {
  const turned = await red.clone().jpeg().withMetadata({ orientation: 6 }).toBuffer()
  expect(await decodeSafely(turned, room)).toMatchObject({ width: 20, height: 40 })
})

/** A PNG that names a huge size and has hardly any bytes. */
function bomb(): Buffer {
  const picture = movingPng(1, { width: 8, height: 6 })
  const at = picture.indexOf('IHDR') + 4
  picture.writeUInt32BE(60_000, at)
  picture.writeUInt32BE(60_000, at + 4)
  return picture
}

test.each([
  [
    'an SVG: it could name other files',
    async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  ],
  ['a HEIC', async () => redHeic],
  ['a TIFF', async () => red.clone().tiff().toBuffer()],
  ['an AVIF without contents', async () => brand('avif')],
  ['a damaged PNG', async () => (await photo(90, 90).png().toBuffer()).subarray(0, 4_000)],
  ['a PNG of a huge size', async () => bomb()],
  ['no bytes', async () => Buffer.alloc(0)],
  ['other bytes', async () => deflateSync(Buffer.alloc(1_000))],
])('%s is refused, and this process goes on', async (_, make) => {
  await expect(decodeSafely(await make(), room)).rejects.toMatchObject({ code: 'damaged_picture' })
})
