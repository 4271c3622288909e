import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { maxThumbnailBytes } from '@fastchat/schema'
import sharp from 'sharp'
import { beforeAll, expect, test } from 'vitest'
import { prepareImage } from './prepare-image.ts'

const secret = 'TAKEN-AT-HOME'
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-image-'))
})

/** A picture lying on its side, as phones write them, that tells where it was taken. */
async function photo(): Promise<string> {
  const path = join(folder, 'photo.jpeg')
  const noise = {
    create: { width: 900, height: 600, channels: 3, noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  } as const
  await sharp({ ...noise, create: { ...noise.create, background: 'white' } })
    .withExif({ IFD0: { Copyright: secret } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toFile(path)
  return path
}

test('a picture goes upright and without what its camera wrote', async () => {
  const path = await photo()
  expect((await readFile(path)).includes(secret)).toBe(true)
  const { bytes, name, mime, width, height, thumbnail } = await prepareImage(path, { original: false })
  expect({ name, mime, width, height }).toEqual({ name: 'photo.jpeg', mime: 'image/jpeg', width: 600, height: 900 })
  expect(bytes.includes(secret)).toBe(false)
  const metadata = await sharp(bytes).metadata()
  expect(metadata).toMatchObject({ format: 'jpeg', width: 600, height: 900 })
  expect([metadata.exif, metadata.icc, metadata.xmp, metadata.iptc]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  expect(thumbnail.length).toBeLessThanOrEqual(maxThumbnailBytes)
  expect(await sharp(thumbnail).metadata()).toMatchObject({ format: 'webp', width: 160, height: 240 })
})

test('the original goes byte by byte, its size told as it is seen', async () => {
  const path = await photo()
  const { bytes, width, height } = await prepareImage(path, { original: true })
  expect(bytes).toEqual(await readFile(path))
  expect([width, height]).toEqual([600, 900])
})

test('a moving picture keeps moving', async () => {
  const path = join(folder, 'two.gif')
  const frames = Buffer.concat([Buffer.alloc(8 * 8 * 3, 255), Buffer.alloc(8 * 8 * 3, 10)])
  await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } })
    .gif({ delay: [100, 100], loop: 0 })
    .toFile(path)
  const { bytes, mime, width, height } = await prepareImage(path, { original: false })
  expect({ mime, width, height }).toEqual({ mime: 'image/gif', width: 8, height: 8 })
  expect((await sharp(bytes, { animated: true }).metadata()).pages).toBe(2)
})

test('what browsers do not show becomes PNG, and is called so', async () => {
  const path = join(folder, 'scan.tiff')
  await sharp({ create: { width: 4, height: 3, channels: 3, background: 'red' } })
    .tiff()
    .toFile(path)
  expect(await prepareImage(path, { original: false })).toMatchObject({ name: 'scan.png', mime: 'image/png', width: 4 })
})

test('what cannot be sent is refused in words', async () => {
  const text = join(folder, 'text.png')
  await writeFile(text, 'no picture')
  await expect(prepareImage(text, { original: false })).rejects.toMatchObject({ code: 'not_an_image', exitCode: 1 })
  await expect(prepareImage(join(folder, 'none.png'), { original: false })).rejects.toMatchObject({ exitCode: 64 })

  const bomb = join(folder, 'bomb.png')
  await sharp({ create: { width: 8_000, height: 8_000, channels: 3, background: 'black' } })
    .png()
    .toFile(bomb)
  await expect(prepareImage(bomb, { original: true })).rejects.toMatchObject({ code: 'too_large' })
})
