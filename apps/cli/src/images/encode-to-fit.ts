import type { Sharp } from 'sharp'
import type { Kind } from './kinds.ts'

/** A picture in the form in which it is sent. */
export type Encoded = {
  readonly bytes: Buffer
  readonly mime: string
  readonly extension: string
  readonly width: number
  readonly height: number
  /** Whether the best form was too large, so that this form loses more of the picture. */
  readonly isReduced: boolean
}

/** The properties of the picture that its encoding must keep. */
export type Traits = {
  readonly kind: Kind
  readonly isMoving: boolean
  readonly hasAlpha: boolean
  readonly side: number
}

type Form = { readonly mime: string; readonly extension: string; readonly maxSide: number; encode(image: Sharp): Sharp }

const jpeg = (quality: number): Form => ({
  ...{ mime: 'image/jpeg', extension: '.jpg', maxSide: 65_535 },
  encode: (image) => image.jpeg({ quality }),
})
const webp = (quality: number): Form => ({
  ...{ mime: 'image/webp', extension: '.webp', maxSide: 16_383 },
  encode: (image) => image.webp({ quality }),
})
const png: Form = { mime: 'image/png', extension: '.png', maxSide: 2 ** 31 - 1, encode: (image) => image.png() }
const gif: Form = { mime: 'image/gif', extension: '.gif', maxSide: 65_535, encode: (image) => image.gif() }

const qualities = [90, 75, 50]
/**
 * A PNG of a photo is more than this many times as large as its JPEG. Drawings and scanned text are
 * not, and stay sharp as PNG.
 */
const photoRatio = 2

/** Returns the picture in the best form with at most `maxBytes`. Undefined: all forms have more. */
export async function encodeToFit(image: () => Sharp, traits: Traits, maxBytes: number): Promise<Encoded | undefined> {
  const isPossible = ({ maxSide }: Form) => traits.side <= maxSide
  const forms = (await formsOf(image, traits)).filter(isPossible)
  for (const [at, { mime, extension, encode }] of forms.entries()) {
    const { data: bytes, info } = await encode(image()).toBuffer({ resolveWithObject: true })
    if (bytes.length > maxBytes) continue
    // The frames of a moving picture are one below the other.
    return { bytes, mime, extension, width: info.width, height: info.pageHeight ?? info.height, isReduced: at > 0 }
  }
  return undefined
}

/** Returns the forms for a picture, the best one first. */
async function formsOf(image: () => Sharp, { kind, isMoving, hasAlpha }: Traits): Promise<readonly Form[]> {
  const lossy = qualities.map(hasAlpha || isMoving ? webp : jpeg)
  switch (kind) {
    case 'jpeg':
      return lossy
    case 'webp':
      return qualities.map(webp)
    case 'gif':
      return [gif, ...lossy]
    case 'tiff':
      return !hasAlpha && (await isPhoto(image)) ? lossy : [png, ...lossy]
    case 'png':
    case 'svg':
      return [png, ...lossy]
    default: // the file has lost something already
      return lossy
  }
}

async function isPhoto(image: () => Sharp): Promise<boolean> {
  const asPng = await image().png().toBuffer()
  const [best = 90] = qualities
  return asPng.length > photoRatio * (await image().jpeg({ quality: best }).toBuffer()).length
}
