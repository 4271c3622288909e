import type { FileToSend } from '../engine/calls/file-calls.ts'

/** Pictures of these types are drawn anew, so that nothing but their pixels leaves. */
const drawnTypes: Readonly<Record<string, string>> = {
  'image/jpeg': 'image/jpeg',
  'image/png': 'image/png',
  'image/webp': 'image/webp',
  'image/avif': 'image/jpeg',
  'image/heic': 'image/jpeg',
  'image/heif': 'image/jpeg',
}
const endings: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' }
/** A larger picture is made smaller, to at most this many pixels a side. */
const maxSide = 4_096
const thumbnailSide = 240
/** The most bytes of a preview, by the contract. */
const maxThumbnailBytes = 12 * 1024
const quality = 0.85

/** Some browsers give no type to a picture that they do not know. */
const namedTypes: Readonly<Record<string, string>> = { heic: 'image/heic', heif: 'image/heif', avif: 'image/avif' }

const typeOf = ({ type, name }: File): string =>
  type || namedTypes[name.toLowerCase().split('.').at(-1) ?? ''] || 'application/octet-stream'

/** Returns whether a file is a picture of a kind that is drawn anew. */
export const isPicture = (file: File): boolean => drawnTypes[typeOf(file)] !== undefined

/**
 * Returns a file ready to be sent. A picture is drawn anew: its place, its camera and its other
 * hidden words are gone, and it stands upright. What this browser cannot draw is sent as a file.
 * An original has a preview, and all that it tells.
 */
export async function prepareFile(file: File, isOriginal: boolean): Promise<FileToSend> {
  const asFile = { blob: file, name: file.name }
  const type = drawnTypes[typeOf(file)]
  if (type === undefined) return asFile
  const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }).catch(() => undefined)
  if (!bitmap) return asFile
  try {
    const { width, height } = isOriginal ? bitmap : fit(bitmap, maxSide)
    const blob = isOriginal ? file : await draw(bitmap, { width, height }, type)
    const small = await draw(bitmap, fit(bitmap, thumbnailSide), 'image/webp')
    const thumbnail = new Uint8Array(await small.arrayBuffer())
    const name = isOriginal ? file.name : `${file.name.replace(/\.[^.]*$/, '')}.${endings[blob.type] ?? 'png'}`
    return {
      ...{ blob, name },
      picture: { width, height, ...(thumbnail.length <= maxThumbnailBytes && { thumbnail }) },
    }
  } finally {
    bitmap.close()
  }
}

type Size = { readonly width: number; readonly height: number }

/** Returns the size within a square, in the same proportion. */
function fit({ width, height }: Size, side: number): Size {
  const scale = Math.min(1, side / Math.max(width, height))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}

async function draw(bitmap: ImageBitmap, { width, height }: Size, type: string): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height)
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0, width, height)
  return await canvas.convertToBlob({ type, quality })
}
