import type { Pixels } from './pixels.ts'

/** The rows of pixels that one letter of a sixel picture has. */
const bandRows = 6
/** A color register has values up to this one. */
const fullValue = 100
const opaqueFrom = 128
/** The most colors that terminals have registers for. */
const maxSixelColors = 256

/**
 * Returns the codes of a picture in sixel graphics. Transparent pixels are not drawn.
 *
 * Source: VT330/VT340 Programmer Reference Manual, volume 2, chapter 14
 * @throws {RangeError} when the picture has more colors than terminals have registers for
 */
export function sixelCodes({ width, height, bytes }: Pixels): string {
  const registers = new Map<number, number>()
  const at = (x: number, y: number): number => {
    const place = (y * width + x) * 4
    if ((bytes[place + 3] ?? 0) < opaqueFrom) return -1
    const color = ((bytes[place] ?? 0) << 16) | ((bytes[place + 1] ?? 0) << 8) | (bytes[place + 2] ?? 0)
    const known = registers.get(color)
    if (known !== undefined) return known
    if (registers.size >= maxSixelColors) throw new RangeError('more colors than registers')
    registers.set(color, registers.size)
    return registers.size - 1
  }
  const bands: string[] = []
  for (let top = 0; top < height; top += bandRows) bands.push(band(at, { width, top, height }))
  const palette = [...registers].map(([color, register]) => `#${register};2;${valuesOf(color).join(';')}`)
  // P2 is 1: pixels that are not drawn keep the background.
  return `\u001bP0;1;0q"1;1;${width};${height}${palette.join('')}${bands.join('-')}\u001b\\`
}

/** Returns six rows of pixels: for each color the letters of its pixels, one over the other. */
function band(
  at: (x: number, y: number) => number,
  { width, top, height }: { readonly width: number; readonly top: number; readonly height: number },
): string {
  const lines = new Map<number, Uint8Array>()
  for (let y = top; y < Math.min(top + bandRows, height); y++) {
    for (let x = 0; x < width; x++) {
      const register = at(x, y)
      if (register < 0) continue
      const line = lines.get(register) ?? new Uint8Array(width)
      line[x] = (line[x] ?? 0) | (1 << (y - top))
      lines.set(register, line)
    }
  }
  return [...lines].map(([register, line]) => `#${register}${runs(line)}`).join('$')
}

/** Returns the letters of one color. Equal ones in a row are counted. */
function runs(line: Uint8Array): string {
  let codes = ''
  for (let x = 0; x < line.length; ) {
    let end = x + 1
    while (end < line.length && line[end] === line[x]) end++
    const letter = String.fromCharCode(63 + (line[x] ?? 0))
    const count = end - x
    codes += count > 3 ? `!${count}${letter}` : letter.repeat(count)
    x = end
  }
  return codes
}

const valuesOf = (color: number): number[] =>
  [color >> 16, (color >> 8) & 255, color & 255].map((value) => Math.round((value * fullValue) / 255))
