import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { limits, maxThumbnailBytes } from '@fastchat/schema'
import sharp, { type Metadata, type Sharp } from 'sharp'
import { CliError, usageError } from '../cli-error.ts'
import { fileErrorWords } from '../file-error.ts'

/** A picture ready to be sent, and what its message says of it. */
export type PreparedImage = {
  readonly bytes: Buffer
  readonly name: string
  readonly mime: string
  readonly width: number
  readonly height: number
  /** WebP, at most 12 KiB. */
  readonly thumbnail: Buffer
}

/** More than any phone's camera makes; a small file could otherwise unpack to more than the memory there is. */
const maxPixels = 50_000_000
/** Of the file as it lies on the disk; what is sent has the server's limit. */
const maxInputBytes = 100 * 1024 * 1024
const thumbnailSide = 240
const maxNameBytes = 200

type Format = { readonly mime: string; readonly extension: string; encode(image: Sharp): Sharp }

/** What is sent, by what was read. Everything else becomes PNG. */
const formats: Readonly<Record<string, Format>> = {
  jpeg: { mime: 'image/jpeg', extension: '.jpg', encode: (image) => image.jpeg({ quality: 90 }) },
  png: { mime: 'image/png', extension: '.png', encode: (image) => image.png() },
  webp: { mime: 'image/webp', extension: '.webp', encode: (image) => image.webp({ quality: 90 }) },
  gif: { mime: 'image/gif', extension: '.gif', encode: (image) => image.gif() },
}
const otherwise = 'png'

/**
 * Reads a picture and makes what is sent of it: turned upright and written anew, so that nothing of where, when and with what
 * it was taken goes along. With `original` the bytes stay as they are.
 * @throws {CliError} when it is no picture, or too large.
 */
export async function prepareImage(path: string, { original }: { readonly original: boolean }): Promise<PreparedImage> {
  const input = await readInput(path)
  const options = { limitInputPixels: maxPixels, failOn: 'error' } as const
  try {
    const metadata = await sharp(input, options).metadata()
    const isMoving = (metadata.pages ?? 1) > 1
    const upright = () => sharp(input, { ...options, animated: isMoving }).autoOrient()
    const sent = original ? asIs(input, metadata) : await rewritten(upright(), metadata)
    const name = fileName(path, sent.extension)
    const { bytes, mime, width, height } = sent
    if (bytes.length > limits.maxAttachmentBytes) throw tooLarge(name)
    return { bytes, name, mime, width, height, thumbnail: await makeThumbnail(sharp(input, options).autoOrient()) }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw unreadable(path, error)
  }
}

async function readInput(path: string): Promise<Buffer> {
  try {
    // A pipe that nobody writes to would keep a thread of this process waiting, and the process with it.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const found = await file.stat()
      if (found.isDirectory()) throw usageError(`${path} is a folder. Name a picture`)
      if (!found.isFile()) throw usageError(`${path} is not a regular file but a pipe or a device. Name a picture`)
      if (found.size > maxInputBytes) throw tooLarge(basename(path))
      return await file.readFile()
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof CliError) throw error
    throw usageError(fileErrorWords(error, path) ?? `${path} could not be read`)
  }
}

type Sent = {
  readonly bytes: Buffer
  readonly mime: string
  readonly extension: string
  readonly width: number
  readonly height: number
}

async function rewritten(image: Sharp, metadata: Metadata): Promise<Sent> {
  const format = formats[metadata.format ?? otherwise] ?? formats[otherwise]
  if (!format) throw new Error('no format')
  const { data, info } = await format.encode(image).toBuffer({ resolveWithObject: true })
  // Of a moving picture the frames lie one below the other.
  const height = info.pageHeight ?? info.height
  return { bytes: data, mime: format.mime, extension: format.extension, width: info.width, height }
}

function asIs(input: Buffer, metadata: Metadata): Sent {
  const { width, height } = metadata.autoOrient
  const known = formats[metadata.format ?? '']
  return { bytes: input, mime: known?.mime ?? `image/${metadata.format}`, extension: '', width, height }
}

async function makeThumbnail(image: Sharp): Promise<Buffer> {
  const small = image.resize({ width: thumbnailSide, height: thumbnailSide, fit: 'inside', withoutEnlargement: true })
  for (const quality of [70, 45, 20]) {
    const bytes = await small.clone().webp({ quality }).toBuffer()
    if (bytes.length <= maxThumbnailBytes) return bytes
  }
  return await small.clone().resize({ width: 64, height: 64, fit: 'inside' }).webp({ quality: 20 }).toBuffer()
}

/** The file's own name, with the extension of what is sent when that is another kind of file. */
function fileName(path: string, extension: string): string {
  const own = extname(path)
  const stem = basename(path, own).slice(0, maxNameBytes)
  const isSame = extension === '' || own.toLowerCase() === extension || (extension === '.jpg' && /^\.jpe?g$/i.test(own))
  return `${stem}${isSame ? own : extension}`
}

function unreadable(path: string, cause: unknown): CliError {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (/pixel limit/i.test(message)) {
    return new CliError(
      'too_large',
      `${path}: more than ${maxPixels / 1_000_000} million pixels, the most that can be sent`,
    )
  }
  return new CliError(
    'not_an_image',
    `${path}: this is no picture that can be sent (JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG)`,
    1,
    {
      cause,
    },
  )
}

const tooLarge = (name: string): CliError =>
  new CliError(
    'too_large',
    `${name} is larger than ${limits.maxAttachmentBytes / 1024 / 1024} MiB, the most that can be sent`,
  )
