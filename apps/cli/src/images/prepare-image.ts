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

/** A picture ready to be sent, with the facts for its message. */
export type PreparedImage = {
  readonly bytes: Buffer
  readonly name: string
  readonly mime: string
  readonly width: number
  readonly height: number
  /** A WebP of at most 12 KiB. Undefined: the original cannot be decoded here. */
  readonly thumbnail: Buffer | undefined
  /** A note for the sender, if a part of the file is not sent. */
  readonly note?: string
}

export type PrepareOptions = {
  /** Whether the bytes of the file are sent unchanged. */
  readonly original: boolean
  /** The most bytes that are sent. */
  readonly maxBytes?: number
}

/** The most pixels, all frames together. A small file could otherwise fill the memory. */
const maxPixels = 50_000_000
const maxNameLetters = 200
/** Options for sharp: a damaged end is an error. Faults that viewers accept are none. */
const strict = { limitInputPixels: maxPixels, failOn: 'error' } as const

/** The file and its metadata. */
type Source = { readonly path: string; readonly input: Buffer; readonly kind: Kind; readonly metadata: Metadata }

/**
 * Reads a picture, turns it upright and encodes it again. So the time, place and camera of the file
 * are not sent. With `original` the bytes stay as they are.
 * @throws {CliError} when it is not a picture, damaged, or too large.
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
  // This device may not be able to decode the picture. It is sent without a thumbnail then.
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

/** Returns a moving PNG without its metadata. Image libraries would keep only its first frame. */
async function withoutMetadata({ path, input, metadata }: Source, { bytes, frames }: MovingPng, maxBytes: number) {
  const { width, height } = metadata
  if (width * height * frames > maxPixels) throw tooManyPixels(path, maxPixels, width * height * frames)
  if (bytes.length > maxBytes) throw tooManyBytes(path, maxBytes, bytes.length)
  const thumbnail = await makeThumbnail(sharp(input, strict))
  return { bytes, name: fileName(path, '.png'), mime: kinds.png.mime, width, height, thumbnail }
}

type Upright = { readonly image: () => Sharp; readonly isMoving: boolean }

/**
 * Returns the upright picture. All frames are kept. Of several pages, as in a TIFF, the first is.
 */
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

/** Returns a HEIC as a PNG, upright and without metadata. */
async function decodedHeic({ path, input, metadata }: Source): Promise<Buffer> {
  const own = await sharp(input, strict)
    .png({ compressionLevel: 1 })
    .toBuffer()
    .catch(() => undefined)
  if (own) return own
  const made = await readHeic(input)
  if (!made) throw noHeicReader(path, true)
  // Some programs turn the picture and keep the Exif that says to turn it.
  const { width, height } = await sharp(made, strict).metadata()
  const isTurned = width === metadata.width && height === metadata.height
  const image = sharp(made, strict)
  return await (isTurned ? image : image.autoOrient()).png({ compressionLevel: 1 }).toBuffer()
}

/** Returns the page to show. An AVIF may have several pictures, and names the primary one. */
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

/** Returns the file's name, with another extension if another kind of file is sent. */
function fileName(path: string, extension: string): string {
  const own = extname(path)
  const stem = Array.from(basename(path, own).normalize('NFC')).slice(0, maxNameLetters).join('')
  const isSame = extension === '' || own.toLowerCase() === extension || (extension === '.jpg' && /^\.jpe?g$/i.test(own))
  return `${stem}${isSame ? own : extension}`
}
