import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { maxThumbnailBytes } from '@fastchat/schema'
import sharp, { type Sharp } from 'sharp'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { kindOf } from './kinds.ts'
import { prepareImage } from './prepare-image.ts'
import { brand, frames, movingPng, photo, redHeic, secret, wideGif } from './sample-pictures.ts'

const path = process.env.PATH
let folder: string
let count = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-image-'))
})
afterEach(() => {
  process.env.PATH = path
})

async function written(name: string, bytes: Uint8Array | string): Promise<string> {
  const own = join(folder, String(count++))
  await mkdir(own)
  await writeFile(join(own, name), bytes)
  return join(own, name)
}
const prepare = async (name: string, bytes: Uint8Array | string, { original = false, maxBytes = 2 ** 20 } = {}) =>
  await prepareImage(await written(name, bytes), { original, maxBytes })
const withExif = (image: Sharp, orientation: number) =>
  image.withExif({ IFD0: { Copyright: secret } }).withMetadata({ orientation })
const svg = `<?xml version="1.0"?><!-- ${secret} --><svg xmlns="http://www.w3.org/2000/svg" width="9" height="4"><circle r="3"/></svg>`
const metadataOf = (bytes: Buffer) => sharp(bytes, { animated: true }).metadata()

const still = {
  jpeg: async () => await withExif(photo(90, 60), 6).jpeg().toBuffer(),
  'grey jpeg': async () => await photo(90, 60).grayscale().jpeg().toBuffer(),
  'CMYK jpeg': async () => await photo(90, 60).toColourspace('cmyk').jpeg().toBuffer(),
  png: async () => await withExif(photo(90, 60), 1).png().toBuffer(),
  '16-bit png': async () => await photo(90, 60).toColourspace('rgb16').png().toBuffer(),
  'palette png': async () => await photo(90, 60, 4).png({ palette: true }).toBuffer(),
  webp: async () => await withExif(photo(90, 60), 8).webp().toBuffer(),
  'lossless webp': async () => await photo(90, 60, 4).webp({ lossless: true }).toBuffer(),
  gif: async () => await photo(90, 60).gif().toBuffer(),
  tiff: async () => await withExif(photo(90, 60), 3).tiff().toBuffer(),
  'tiff with alpha': async () => await photo(90, 60, 4).tiff().toBuffer(),
  'tiff of one bit': async () => await photo(90, 60).grayscale().tiff({ bitdepth: 1 }).toBuffer(),
  avif: async () => await photo(90, 60).avif().toBuffer(),
  'avif with alpha': async () => await photo(90, 60, 4).avif().toBuffer(),
  svg: async () => Buffer.from(svg),
}
const moving = {
  gif: async () =>
    await frames(3)
      .gif({ delay: [100, 200, 300], loop: 2 })
      .toBuffer(),
  webp: async () =>
    await frames(3)
      .webp({ delay: [100, 200, 300], loop: 2 })
      .toBuffer(),
  'turned webp': async () =>
    await withExif(frames(3), 6)
      .webp({ delay: [100, 200, 300], loop: 2 })
      .toBuffer(),
}
const samples = Object.entries({ ...still, ...moving, 'moving png': async () => movingPng(3) })
const formats: Readonly<Record<string, string>> = { heif: 'avif' }

describe.each(samples)('%s', (_, make) => {
  test('is sent upright, without metadata, with its true type', async () => {
    const bytes = await make()
    const own = await sharp(bytes).metadata()
    const sent = await prepare('a.bin', bytes)
    const metadata = await sharp(sent.bytes).metadata()
    expect(sent.mime).toBe(`image/${metadata.format}`)
    expect([sent.width, sent.height]).toEqual([own.autoOrient.width, own.autoOrient.height])
    expect([metadata.width, metadata.height, metadata.orientation ?? 1]).toEqual([sent.width, sent.height, 1])
    expect([metadata.exif, metadata.icc, metadata.xmp, metadata.iptc]).toEqual(Array(4).fill(undefined))
    expect(sent.bytes.includes(secret)).toBe(false)
    expect(sent.thumbnail?.length).toBeLessThanOrEqual(maxThumbnailBytes)
    expect(sent.note).toBeUndefined()
  })

  test('is sent unchanged with --original, with its true type and its upright size', async () => {
    const bytes = await make()
    const { format = '', autoOrient } = await sharp(bytes).metadata()
    const sent = await prepare('a.bin', bytes, { original: true })
    expect(sent.bytes.equals(bytes)).toBe(true)
    expect(sent.mime).toBe(`image/${format === 'svg' ? 'svg+xml' : (formats[format] ?? format)}`)
    expect([sent.width, sent.height]).toEqual([autoOrient.width, autoOrient.height])
    expect(await sharp(sent.thumbnail).metadata()).toMatchObject({ format: 'webp' })
  })

  test('cut off at any place, is sent or rejected as damaged or as no picture', async () => {
    const bytes = await make()
    for (const share of [0.3, 0.6, 0.9, 0.99]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * share))
      const error = await prepare('a.bin', cut).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      if (error === undefined) continue
      if (kindOf(cut))
        expect(error).toMatchObject({ code: 'damaged_image', message: expect.stringContaining('damaged') })
      else expect(error).toMatchObject({ code: 'not_an_image' })
    }
  })
})

test.each(Object.entries(moving))(
  'a moving %s keeps its frames, their times and the number of repeats',
  async (_, make) => {
    const sent = await prepare('two.bin', await make())
    expect(await metadataOf(sent.bytes)).toMatchObject({
      pages: 3,
      delay: [100, 200, 300],
      loop: 2,
      pageHeight: sent.height,
    })
  },
)

test('a turned moving picture is turned frame by frame', async () => {
  const sent = await prepare('turned.webp', await moving['turned webp']())
  expect([sent.width, sent.height]).toEqual([6, 8])
  const shades = await Promise.all(
    [0, 1, 2].map(async (page) => (await sharp(sent.bytes, { page }).raw().toBuffer())[0]),
  )
  expect(new Set(shades).size).toBe(3)
})

test('a moving PNG keeps every frame, and no metadata', async () => {
  const sent = await prepare('moving.png', movingPng(3))
  const count = (type: string) => sent.bytes.toString('latin1').split(type).length - 1
  expect([count('acTL'), count('fcTL'), count('fdAT'), count('tEXt'), count('IEND')]).toEqual([1, 3, 2, 0, 1])
  expect(sent.bytes.subarray(-8, -4).toString()).toBe('IEND')
})

test('a moving PNG with a wrong checksum or a missing frame is rejected as damaged', async () => {
  const whole = movingPng(3)
  const flipped = Buffer.from(whole)
  const last = flipped.lastIndexOf('fdAT') + 10
  flipped[last] = (flipped[last] ?? 0) ^ 1
  const fewer = Buffer.from(whole)
  fewer.writeUInt32BE(4, fewer.indexOf('acTL') + 4)
  for (const bytes of [flipped, fewer])
    await expect(prepare('a.png', bytes)).rejects.toMatchObject({ code: 'damaged_image' })
})

test('a moving PNG that its metadata turns is sent as an upright still picture, with a note', async () => {
  const sent = await prepare('turned.png', movingPng(3, { orientation: 6 }))
  expect([sent.width, sent.height]).toEqual([6, 8])
  expect(sent.note).toContain('only its first frame')
})

test('only the first page of a TIFF is sent, with a note', async () => {
  const sent = await prepare('scan.tiff', await frames(3).tiff().toBuffer())
  expect(sent).toMatchObject({ name: 'scan.png', mime: 'image/png', width: 8, height: 6 })
  expect(sent.note).toContain('Only the first of 3 pages')
})

test('a photo does not become a PNG, and a drawing does not become a JPEG', async () => {
  const drawing = await sharp(Buffer.from(svg)).flatten({ background: 'white' }).tiff().toBuffer()
  expect((await prepare('drawing.tif', drawing)).mime).toBe('image/png')
  expect(await prepare('photo.tif', await photo(300, 200).tiff().toBuffer())).toMatchObject({ name: 'photo.jpg' })
  expect(await prepare('photo.avif', await photo(90, 60).avif().toBuffer())).toMatchObject({ name: 'photo.jpg' })
  expect(await prepare('a.avif', await photo(90, 60, 4).avif().toBuffer())).toMatchObject({ name: 'a.webp' })
})

test.each([
  ['png', 'image/jpeg', 70_000, async () => await photo(300, 200).png().toBuffer()],
  ['png with alpha', 'image/webp', 120_000, async () => await photo(300, 200, 4).png().toBuffer()],
  ['jpeg', 'image/jpeg', 40_000, async () => await photo(300, 200).jpeg({ quality: 100 }).toBuffer()],
])('a %s above the size limit is sent in a form that fits, with a note', async (_, mime, maxBytes, make) => {
  const bytes = await make()
  const sent = await prepare('large.bin', bytes, { maxBytes })
  expect(bytes.length).toBeGreaterThan(maxBytes)
  expect(sent).toMatchObject({ mime, note: expect.stringContaining('with losses') })
  expect(sent.bytes.length).toBeLessThanOrEqual(maxBytes)
  await expect(prepare('large.bin', bytes, { maxBytes: 5_000 })).rejects.toMatchObject({ code: 'too_large' })
  await expect(prepare('large.bin', bytes, { original: true, maxBytes: 5_000 })).rejects.toMatchObject({
    code: 'too_large',
  })
})

describe('HEIC', () => {
  /** Puts a program of that name into the path. It writes this picture as PNG for every input. */
  async function converter(name: string, picture: Buffer): Promise<void> {
    const png = await written('made.png', picture)
    const program = await written(name, `#!/bin/sh\ncp '${png}' "$2"\n`)
    await chmod(program, 0o755)
    process.env.PATH = [join(program, '..'), '/bin', '/usr/bin'].join(delimiter)
  }

  test.each(['heif-convert', 'heif-dec'])('is read by %s if the system has it', async (name) => {
    await converter(name, await photo(90, 60).png().toBuffer())
    const sent = await prepare('photo.HEIC', redHeic)
    expect(sent).toMatchObject({ name: 'photo.jpg', mime: 'image/jpeg', width: 90, height: 60 })
  })

  test.each([
    ['turned already', 90, 60],
    ['not turned yet', 60, 90],
  ])('is sent upright when the program gives it %s, with its Exif', async (_, width, height) => {
    await converter('heif-convert', await withExif(photo(width, height), 6).png().toBuffer())
    expect(await prepare('photo.heic', redHeic)).toMatchObject({ width: 90, height: 60 })
  })

  test('is rejected as damaged when the program cannot read it', async () => {
    await converter('heif-convert', Buffer.from('no picture'))
    await expect(prepare('photo.heic', redHeic)).rejects.toMatchObject({ code: 'damaged_image' })
  })

  test('is rejected with what to install if there is no program, and is sent with --original', async () => {
    process.env.PATH = folder
    const bytes = redHeic
    const refusal = { code: 'unreadable_image', message: expect.stringMatching(/heif-convert.*--original/) }
    await expect(prepare('photo.heic', bytes)).rejects.toMatchObject(refusal)
    const sent = await prepare('photo.heic', bytes, { original: true })
    expect(sent).toMatchObject({ mime: 'image/heic', width: 90, height: 60 })
    expect(sent.thumbnail).toBeUndefined()
  })
})

test('a text, an empty file, a moving AVIF, a missing file and a folder are rejected with words', async () => {
  await expect(prepare('text.png', 'no picture')).rejects.toMatchObject({ code: 'not_an_image', exitCode: 1 })
  await expect(prepare('empty.png', '')).rejects.toMatchObject({ code: 'not_an_image' })
  await expect(prepare('moving.avif', brand('avis'))).rejects.toMatchObject({
    message: expect.stringContaining('moving AVIF'),
  })
  await expect(prepareImage(join(folder, 'none.png'), { original: false })).rejects.toMatchObject({ exitCode: 64 })
  await expect(prepareImage(folder, { original: false })).rejects.toMatchObject({
    exitCode: 64,
    message: expect.stringContaining('is a folder'),
  })
})

test('a small file with too many pixels is rejected, in one frame or in many', async () => {
  const black = (height: number) => sharp({ create: { width: 8_000, height, channels: 3, background: 'black' } })
  const bomb = await black(8_000).png().toBuffer()
  for (const original of [true, false])
    await expect(prepare('bomb.png', bomb, { original })).rejects.toMatchObject({ code: 'too_large' })
  await expect(prepare('many.gif', wideGif(2_000, 20))).rejects.toMatchObject({
    code: 'too_large',
    message: expect.stringContaining('all frames'),
  })
})

test('a long file name is cut between letters', async () => {
  const bytes = await photo(9, 6).png().toBuffer()
  expect((await prepare('Cafe\u0301.PNG', bytes)).name).toBe('Caf\u00e9.PNG')
  expect((await prepare(`${'😀'.repeat(60)}.png`, bytes)).name).toBe(`${'😀'.repeat(60)}.png`)
})

test('--original sends the bytes of the file', async () => {
  const file = await written('a.jpeg', await still.jpeg())
  expect((await prepareImage(file, { original: true })).bytes).toEqual(await readFile(file))
})
