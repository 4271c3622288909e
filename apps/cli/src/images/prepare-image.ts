import { basename, extname } from 'node:path'
import { maxFileBytes } from '@fastchat/client'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { CliError } from '../cli-error.ts'
import { type Encoded, encodeToFit } from './encode-to-fit.ts'
import {
  damaged,
  movingAvif,
  noHeicReader,
  notAnImage,
  tooManyBytes,
  tooManyBytesInAnyForm,
  tooManyPixels,
} from './image-errors.ts'
import { type Kind, kindOf, kinds } from './kinds.ts'
import { makeThumbnail } from './make-thumbnail.ts'
import { type MovingPng, readMovingPng } from './moving-png.ts'
import { readHeic } from './read-heic.ts'
import { readPicture } from './read-picture.ts'

/** A picture ready to be sent, and what its message says of it. */
export type PreparedImage = {
  readonly bytes: Buffer
  readonly name: string
  readonly mime: string
  readonly width: number
  readonly height: number
  /** WebP, at most 12 KiB. Undefined: the original cannot be decoded here. */
  readonly thumbnail: Buffer | undefined
  /** What the sender should know: what of the file is not sent. */
  readonly note?: string
}

export type PrepareOptions = {
  /** Send the file's own bytes. */
  readonly original: boolean
  /** Of what is sent. */
  readonly maxBytes?: number
}

/** A small file could otherwise unpack to more than the memory there is. All frames count. */
const maxPixels = 50_000_000
const maxNameLetters = 200
/** A damaged end fails, and what viewers put up with does not. */
const strict = { limitInputPixels: maxPixels, failOn: 'error' } as const

/** The file, and what it says of itself. */
type Source = { readonly path: string; readonly input: Buffer; readonly kind: Kind; readonly metadata: Metadata }

/**
 * Reads a picture and makes what is sent of it: turned upright and written anew, so that nothing of where, when and with what
 * it was taken goes along. With `original` the bytes stay as they are.
 * @throws {CliError} when it is no picture, damaged, or too large.
 */
export async function prepareImage(path: string, options: PrepareOptions): Promise<PreparedImage> {
  const { original, maxBytes = maxFileBytes } = options
  const input = await readPicture(path)
  const kind = kindOf(input)
  if (kind === undefined) throw notAnImage(path)
  const source = { path, input, kind, metadata: await metadataOf(path, input, kind) }
  return original ? await asItIs(source, maxBytes) : await writtenAnew(source, maxBytes)
}

async function metadataOf(path: string, input: Buffer, kind: Kind): Promise<Metadata> {
  try {
    const metadata = await sharp(input, { limitInputPixels: false, failOn: 'none' }).metadata()
    const pixels = metadata.width * metadata.height
    if (pixels > maxPixels) throw tooManyPixels(path, maxPixels, pixels)
    return metadata
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    if (kind === 'moving-avif') throw movingAvif(path)
    throw damaged(path, kind, false, cause)
  }
}

async function asItIs({ path, input, kind, metadata }: Source, maxBytes: number): Promise<PreparedImage> {
  if (input.length > maxBytes) throw tooManyBytes(path, maxBytes, input.length)
  const { width, height } = metadata.autoOrient
  // What others can decode may be beyond us: then it goes without a small picture of it.
  const thumbnail = await makeThumbnail(sharp(input, { ...strict, failOn: 'none' })).catch(() => undefined)
  return { bytes: input, name: fileName(path, ''), mime: kinds[kind].mime, width, height, thumbnail }
}

async function writtenAnew(source: Source, maxBytes: number): Promise<PreparedImage> {
  const { path, kind, metadata } = source
  try {
    if (kind === 'png') {
      const moving = readMovingPng(source.input)
      if (moving && isUpright(metadata)) return await withoutMetadata(source, moving, maxBytes)
    }
    const { image, isMoving } = await uprightOf(source)
    const { width, height, hasAlpha } = metadata
    const sent = await encodeToFit(image, { kind, isMoving, hasAlpha, side: Math.max(width, height) }, maxBytes)
    if (!sent) throw tooManyBytesInAnyForm(path, maxBytes)
    const { isReduced: _, extension, ...rest } = sent
    const thumbnail = await makeThumbnail(sharp(sent.bytes, strict))
    return { ...rest, name: fileName(path, extension), thumbnail, ...noteOf(source, isMoving, sent, maxBytes) }
  } catch (cause) {
    if (cause instanceof CliError) throw cause
    throw damaged(path, kind, true, cause)
  }
}

/** Image libraries decode only the first frame of a moving PNG: it stays as it is, but for its metadata. */
async function withoutMetadata({ path, input, metadata }: Source, { bytes, frames }: MovingPng, maxBytes: number) {
  const { width, height } = metadata
  if (width * height * frames > maxPixels) throw tooManyPixels(path, maxPixels, width * height * frames)
  if (bytes.length > maxBytes) throw tooManyBytes(path, maxBytes, bytes.length)
  const thumbnail = await makeThumbnail(sharp(input, strict))
  return { bytes, name: fileName(path, '.png'), mime: kinds.png.mime, width, height, thumbnail }
}

type Upright = { readonly image: () => Sharp; readonly isMoving: boolean }

/** The picture as it is seen. Frames move; pages, as a TIFF has them, do not, and the first stands for all. */
async function uprightOf(source: Source): Promise<Upright> {
  const { path, input, kind, metadata } = source
  const { pages = 1, width, height, loop, delay } = metadata
  const isMoving = pages > 1 && (kind === 'gif' || kind === 'webp')
  const pixels = width * height * pages
  if (isMoving && pixels > maxPixels) throw tooManyPixels(path, maxPixels, pixels)
  if (isMoving && isUpright(metadata)) return { isMoving, image: () => sharp(input, { ...strict, animated: true }) }
  if (isMoving) {
    const frames: Buffer[] = []
    for (let page = 0; page < pages; page++)
      frames.push(
        await sharp(input, { ...strict, page })
          .autoOrient()
          .png({ compressionLevel: 1 })
          .toBuffer(),
      )
    const timing = { ...(delay && { delay }), ...(loop !== undefined && { loop }) }
    return { isMoving, image: () => sharp(frames, { join: { animated: true } }).webp(timing) }
  }
  const still = kind === 'heic' ? await decodedHeic(source) : input
  return { isMoving, image: () => sharp(still, { ...strict, ...pageOf(kind, metadata) }).autoOrient() }
}

/** As a PNG, upright and without metadata. */
async function decodedHeic({ path, input, metadata }: Source): Promise<Buffer> {
  const own = await sharp(input, strict)
    .png({ compressionLevel: 1 })
    .toBuffer()
    .catch(() => undefined)
  if (own) return own
  const made = await readHeic(input)
  if (!made) throw noHeicReader(path, true)
  // Programs that have turned the picture keep its Exif, which tells to turn it again.
  const { width, height } = await sharp(made, strict).metadata()
  const isTurned = width === metadata.width && height === metadata.height
  const image = sharp(made, strict)
  return await (isTurned ? image : image.autoOrient()).png({ compressionLevel: 1 }).toBuffer()
}

/** An AVIF may hold several pictures, and says which of them it is. */
const pageOf = (kind: Kind, { pagePrimary }: Metadata) =>
  kind === 'avif' && pagePrimary !== undefined ? { page: pagePrimary } : {}

const isUpright = ({ orientation = 1 }: Metadata): boolean => orientation === 1

function noteOf(
  { kind, metadata: { pages = 1 }, input }: Source,
  isMoving: boolean,
  { isReduced, mime }: Encoded,
  maxBytes: number,
): Pick<PreparedImage, 'note'> {
  const notes = [
    ...(pages > 1 && !isMoving ? [`Only the first of ${pages} pages is sent`] : []),
    ...(kind === 'png' && readMovingPng(input)
      ? ['The picture is turned by its metadata, so only its first frame is sent']
      : []),
    ...(isReduced
      ? [
          `Sent as ${mime.replace('image/', '').toUpperCase()} with losses, to stay within ${Math.round(maxBytes / 2 ** 20)} MiB`,
        ]
      : []),
  ]
  return notes.length === 0 ? {} : { note: `${notes.join('. ')}. --original sends the file as it is` }
}

/** The file's own name, with the extension of what is sent when that is another kind of file. */
function fileName(path: string, extension: string): string {
  const own = extname(path)
  const stem = Array.from(basename(path, own).normalize('NFC')).slice(0, maxNameLetters).join('')
  const isSame = extension === '' || own.toLowerCase() === extension || (extension === '.jpg' && /^\.jpe?g$/i.test(own))
  return `${stem}${isSame ? own : extension}`
}
