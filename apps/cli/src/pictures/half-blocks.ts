import type { Pixels } from './pixels.ts'

const opaqueFrom = 128
const off = '\u001b[0m'

/** `full`: 24 bits for a color. `palette`: the 256 colors of xterm. */
export type BlockColors = 'full' | 'palette'

/** Returns the rows of a picture in letters. Each letter shows two pixels, one above the other. */
export function halfBlocks(pixels: Pixels, colors: BlockColors): string[] {
  const rows: string[] = []
  for (let y = 0; y < pixels.height; y += 2) rows.push(rowOf(pixels, y, colors))
  return rows
}

function rowOf(pixels: Pixels, y: number, colors: BlockColors): string {
  let row = ''
  let before = ''
  for (let x = 0; x < pixels.width; x++) {
    const [top, bottom] = [colorAt(pixels, x, y), colorAt(pixels, x, y + 1)]
    const [letter, style] = cell(top && codeOf(top, colors), bottom && codeOf(bottom, colors))
    if (style !== before) row += `${off}${style}`
    before = style
    row += letter
  }
  return `${row}${off}`
}

/** Returns the letter of two pixels and its style. An undefined pixel is transparent. */
function cell(top: string | undefined, bottom: string | undefined): readonly [string, string] {
  if (top !== undefined && bottom !== undefined) return ['▀', `\u001b[38;${top};48;${bottom}m`]
  if (top !== undefined) return ['▀', `\u001b[38;${top}m`]
  return bottom === undefined ? [' ', ''] : ['▄', `\u001b[38;${bottom}m`]
}

type Color = readonly [number, number, number]

function colorAt({ width, height, bytes }: Pixels, x: number, y: number): Color | undefined {
  const place = (y * width + x) * 4
  if (y >= height || (bytes[place + 3] ?? 0) < opaqueFrom) return undefined
  return [bytes[place] ?? 0, bytes[place + 1] ?? 0, bytes[place + 2] ?? 0]
}

const codeOf = (color: Color, colors: BlockColors): string =>
  colors === 'full' ? `2;${color.join(';')}` : `5;${nearest(color)}`

const levels = [0, 95, 135, 175, 215, 255]

/** Returns the closest of xterm's colors: of its cube of 6 × 6 × 6 colors, or of its 24 greys. */
function nearest(color: Color): number {
  const steps = color.map((value) => closestOf(levels, value))
  const cube = steps.map((step) => levels[step] ?? 0)
  const grey = Math.max(0, Math.min(23, Math.round(((color[0] + color[1] + color[2]) / 3 - 8) / 10)))
  const shade = 8 + grey * 10
  const [r = 0, g = 0, b = 0] = steps
  return distance(color, [shade, shade, shade]) < distance(color, cube) ? 232 + grey : 16 + 36 * r + 6 * g + b
}

const closestOf = (values: readonly number[], wanted: number): number =>
  values.reduce((best, value, at) => (Math.abs(value - wanted) < Math.abs((values[best] ?? 0) - wanted) ? at : best), 0)

const distance = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, at) => sum + (value - (b[at] ?? 0)) ** 2, 0)
