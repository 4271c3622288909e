// The encoder alone: the package's index also loads a decoder in WebAssembly.
import { FINALIZER, introducer, sixelEncode } from 'sixel/lib/SixelEncoder.js'
import type { Pixels } from './pixels.ts'

const opaqueFrom = 128
/** The most colors that terminals have registers for. */
const maxSixelColors = 256
/** Pixels that are not drawn keep the background. */
const keepBackground = 1

/**
 * Returns the codes of a picture in sixel graphics. Transparent pixels are not drawn.
 *
 * Source: VT330/VT340 Programmer Reference Manual, volume 2, chapter 14
 * @throws {RangeError} when the picture has more colors than terminals have registers for
 */
export function sixelCodes({ width, height, bytes }: Pixels): string {
  const palette = new Map<number, [number, number, number]>()
  // A copy, since the encoder reads an array's buffer from its beginning.
  const pixels = new Uint8Array(bytes)
  for (let at = 0; at < pixels.length; at += 4) {
    const [red = 0, green = 0, blue = 0, alpha = 0] = pixels.subarray(at, at + 4)
    // The encoder leaves out pixels without any color only.
    pixels[at + 3] = alpha < opaqueFrom ? 0 : 255
    if (alpha >= opaqueFrom) palette.set((red << 16) | (green << 8) | blue, [red, green, blue])
  }
  if (palette.size > maxSixelColors) throw new RangeError('more colors than registers')
  // The encoder refuses an empty palette, also for a picture without any color.
  const colors = palette.size > 0 ? [...palette.values()] : [[0, 0, 0] as [number, number, number]]
  return introducer(keepBackground) + sixelEncode(pixels, width, height, colors) + FINALIZER
}
