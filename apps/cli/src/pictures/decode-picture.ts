// A separate program. It decodes one picture of somebody else, without keys and without the right
// to write files. `decodeSafely` starts it.
import { Buffer } from 'node:buffer'
import process from 'node:process'
import sharp from 'sharp'

/** The most pixels that are decoded. A small file could otherwise fill the memory. */
const maxPixels = 40_000_000
/** The formats that FastChat's programs send. Their decoders are the only ones that may run. */
const loaders = ['Jpeg', 'Png', 'Webp', 'Nsgif'].map((name) => `VipsForeignLoad${name}`)
const sixelColors = 255

sharp.block({ operation: ['VipsForeignLoad'] })
sharp.unblock({ operation: loaders })
sharp.cache(false)
sharp.concurrency(1)

const [width = 1, height = 1] = process.argv.slice(2, 4).map(Number)
const form = process.argv[4]
const parts: Buffer[] = []
for await (const part of process.stdin) parts.push(part)
const small = await sharp(Buffer.concat(parts), { limitInputPixels: maxPixels, failOn: 'error' })
  .autoOrient()
  .resize({ width, height, fit: 'inside', withoutEnlargement: form !== 'blocks' })
  .toColorspace('srgb')
  .ensureAlpha()
  .png({ compressionLevel: 1, ...(form === 'sixel' && { palette: true, colours: sixelColors }) })
  .toBuffer()
const { data, info } = await sharp(small).ensureAlpha().raw().toBuffer({ resolveWithObject: true })
const head = Buffer.alloc(8)
head.writeUInt32BE(info.width, 0)
head.writeUInt32BE(info.height, 4)
process.stdout.write(Buffer.concat([head, form === 'iterm2' ? small : data]))
