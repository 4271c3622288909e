import { CliError } from '../cli-error.ts'
import { type Kind, kinds } from './kinds.ts'

export const notAnImage = (path: string, cause?: unknown): CliError =>
  new CliError(
    'not_an_image',
    `${path}: this is no picture that can be read (JPEG, PNG, WebP, GIF, TIFF, AVIF, SVG; HEIC with heif-convert or sips)`,
    1,
    { cause },
  )

/** `isShown`: its size can be told, so it can go as it is. */
export const damaged = (path: string, kind: Kind, isShown: boolean, cause?: unknown): CliError =>
  new CliError(
    'damaged_image',
    `${path}: this ${kinds[kind].words} picture is damaged or incomplete${isShown ? '. --original sends it as it is' : ''}`,
    1,
    { cause },
  )

export const noHeicReader = (path: string, isShown: boolean): CliError =>
  new CliError(
    'unreadable_image',
    `${path}: HEIC pictures are read with heif-convert (Debian: apt install libheif-examples). Install it, or save the picture as JPEG${isShown ? '. --original sends it as it is' : ''}`,
  )

export const movingAvif = (path: string): CliError =>
  new CliError('unreadable_image', `${path}: moving AVIF pictures cannot be read. Save it as WebP or GIF`)

export const tooManyPixels = (path: string, most: number): CliError =>
  new CliError(
    'too_large',
    `${path}: more than ${most / 1_000_000} million pixels, all frames together: the most that can be sent. Make it smaller`,
  )

export const tooManyBytes = (path: string, most: number): CliError =>
  new CliError('too_large', `${path} is larger than ${mebibytes(most)}, the most that can be sent. Make it smaller`)

const mebibytes = (bytes: number): string =>
  bytes >= 2 ** 20 ? `${Math.round(bytes / 2 ** 20)} MiB` : `${Math.round(bytes / 2 ** 10)} KiB`
