import { CliError } from '../cli-error.ts'
import { formatSize } from '../text/format.ts'
import { type Kind, kinds } from './kinds.ts'

export const notAnImage = (path: string, cause?: unknown): CliError =>
  new CliError(
    'not_an_image',
    `${path} is no picture that fastchat can read. Name a JPEG, PNG, WebP, GIF, TIFF, AVIF or SVG; HEIC needs heif-convert or sips`,
    1,
    { cause },
  )

/**
 * Returns the error for a damaged picture. With `isShown` its size is known, so --original can send
 * it.
 */
export const damaged = (path: string, kind: Kind, isShown: boolean, cause?: unknown): CliError =>
  new CliError(
    'damaged_image',
    `${path}: this ${kinds[kind].words} picture is damaged or incomplete. ${isShown ? '--original sends it as it is' : 'Name another one'}`,
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

export const tooManyPixels = (path: string, most: number, given: number): CliError =>
  new CliError(
    'too_large',
    `${path} has ${millions(given)} million pixels, all frames together. A picture has at most ${millions(most)} million. Make it smaller`,
  )

const millions = (pixels: number): string => String(Math.ceil(pixels / 100_000) / 10)

export const tooManyBytes = (path: string, most: number, given: number): CliError =>
  new CliError(
    'too_large',
    `${path} has ${formatSize(given)}. A picture has at most ${formatSize(most)}. Make it smaller`,
  )

/** Returns the error for a picture that is too large in every form, also with losses. */
export const tooManyBytesInAnyForm = (path: string, most: number): CliError =>
  new CliError(
    'too_large',
    `${path} stays larger than ${formatSize(most)}, the most that a picture has, even with losses. Make it smaller`,
  )
