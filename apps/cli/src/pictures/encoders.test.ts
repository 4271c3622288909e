import { inflateSync } from 'node:zlib'
import fc from 'fast-check'
import sharp from 'sharp'
import stringWidth from 'string-width'
import { expect, test } from 'vitest'
import { photo } from '../images/sample-pictures.ts'
import { decodeSafely } from './decode-safely.ts'
import { drawPicture } from './draw-picture.ts'
import { halfBlocks } from './half-blocks.ts'
import { iterm2Codes } from './iterm2.ts'
import { kittyCodes } from './kitty.ts'
import type { Pixels } from './pixels.ts'
import { sixelCodes } from './sixel.ts'
import { throughTmux } from './through-tmux.ts'

const esc = '\u001b'
// biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of a picture begin with one.
const iterm2Form = /^\u001b\]1337;File=([^:]*):([A-Za-z0-9+/=]*)\u0007$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above.
const sixelForm = /^\u001bP0;1;0q"1;1;([0-9]+;[0-9]+)(.*)\u001b\\$/s
const cells = { columns: 12, rows: 3 }
const noise = await photo(240, 130).png().toBuffer()

test('kitty gets a picture in pieces of at most 4096 letters, and all its pixels', async () => {
  const pixels = await decodeSafely(noise, { width: 120, height: 65, form: 'kitty' })
  const pieces = kittyCodes(pixels, cells).split(`${esc}\\`).slice(0, -1)
  expect(pieces.length).toBeGreaterThan(2)
  const letters = pieces.map((piece, at) => {
    const [head = '', body = ''] = piece.split(';')
    expect(head.startsWith(`${esc}_G`)).toBe(true)
    expect(head.endsWith(`m=${at < pieces.length - 1 ? 1 : 0}`)).toBe(true)
    expect(body.length).toBeLessThanOrEqual(4_096)
    return body
  })
  expect(pieces[0]).toContain(`s=${pixels.width},v=${pixels.height},c=12,r=3,C=1,q=2`)
  expect(inflateSync(Buffer.from(letters.join(''), 'base64')).equals(pixels.bytes)).toBe(true)
})

test('iTerm2 gets a PNG of the size of its letters', async () => {
  const { bytes } = await decodeSafely(noise, { width: 120, height: 60, form: 'iterm2' })
  const [, head = '', body = ''] = iterm2Form.exec(iterm2Codes(bytes, cells)) ?? []
  expect(head).toBe(`inline=1;size=${bytes.length};width=12;height=3;preserveAspectRatio=1`)
  expect(await sharp(Buffer.from(body, 'base64')).metadata()).toMatchObject({ format: 'png', width: 111, height: 60 })
})

/** Draws sixel codes, as a terminal does. Returns colors in percent; undefined: not drawn. */
function drawn(codes: string): (string | undefined)[] {
  const [, size = '', body = ''] = sixelForm.exec(codes) ?? []
  const [width = 0, height = 0] = size.split(';').map(Number)
  const pixels = Array<string | undefined>(width * height).fill(undefined)
  const palette = new Map<string, string>()
  let [x, y, color] = [0, 0, '']
  for (const [, register, values, count, letter, move] of body.matchAll(
    /#(\d+)(?:;2;([0-9;]+))?|(?:!(\d+))?([?-~])|([$-])/g,
  )) {
    if (register !== undefined) {
      if (values !== undefined) palette.set(register, values)
      else color = palette.get(register) ?? ''
    } else if (move !== undefined) {
      x = 0
      if (move === '-') y += 6
    } else {
      const bits = (letter?.charCodeAt(0) ?? 63) - 63
      for (let n = Number(count ?? 1); n > 0; n--, x++)
        for (let bit = 0; bit < 6; bit++) if (bits & (1 << bit)) pixels[(y + bit) * width + x] = color
    }
  }
  return pixels
}

const percent = ({ bytes }: Pixels): (string | undefined)[] =>
  Array.from({ length: bytes.length / 4 }, (_, at) => {
    const [r = 0, g = 0, b = 0, opacity = 0] = bytes.subarray(at * 4, at * 4 + 4)
    return opacity < 128 ? undefined : [r, g, b].map((value) => Math.round((value * 100) / 255)).join(';')
  })

test('a terminal with sixel graphics draws each pixel of a picture, and no transparent one', async () => {
  const pixels = await decodeSafely(noise, { width: 100, height: 50, form: 'sixel' })
  expect(drawn(sixelCodes(pixels))).toEqual(percent(pixels))
  const size = fc.integer({ min: 1, max: 9 })
  fc.assert(
    fc.property(size, size, fc.infiniteStream(fc.constantFrom(0, 90, 255)), (width, height, stream) => {
      const bytes = Uint8Array.from({ length: width * height * 4 }, () => stream.next().value ?? 0)
      expect(drawn(sixelCodes({ width, height, bytes }))).toEqual(percent({ width, height, bytes }))
    }),
  )
})

test('half blocks show two pixels in a letter, in colors that the terminal has', () => {
  const pixel = { red: [255, 0, 0, 255], grey: [128, 128, 128, 255], none: [0, 0, 0, 0] }
  const bytes = Uint8Array.from([...pixel.red, ...pixel.none, ...pixel.grey, ...pixel.red])
  expect(halfBlocks({ width: 2, height: 2, bytes }, 'full')).toEqual([
    `${esc}[0m${esc}[38;2;255;0;0;48;2;128;128;128m▀${esc}[0m${esc}[38;2;255;0;0m▄${esc}[0m`,
  ])
  expect(halfBlocks({ width: 2, height: 1, bytes }, 'palette')).toEqual([
    `${esc}[0m${esc}[38;5;196m▀${esc}[0m ${esc}[0m`,
  ])
})

test('a picture takes the rows that it says, and no more than there is room', async () => {
  const base = { cellWidth: 10, cellHeight: 20, isInTmux: false, blockColors: 'full' as const }
  const blocks = await drawPicture(noise, { ...base, mode: 'blocks' }, { columns: 20, rows: 8 })
  expect(blocks?.codes.split('\r\n').map((row) => stringWidth(row))).toEqual(Array(blocks?.rows).fill(20))
  for (const mode of ['kitty', 'iterm2', 'sixel'] as const)
    expect((await drawPicture(noise, { ...base, mode }, { columns: 20, rows: 3 }))?.rows).toBe(3)
  expect(await drawPicture(noise, { ...base, mode: 'off' }, { columns: 20, rows: 3 })).toBeUndefined()
})

test('through tmux each code is wrapped, with its escapes doubled', () => {
  expect(throughTmux(`${esc}_Ga=T;AA${esc}\\${esc}]1337;File=:AA\u0007`)).toBe(
    `${esc}Ptmux;${esc}${esc}_Ga=T;AA${esc}${esc}\\${esc}\\${esc}Ptmux;${esc}${esc}]1337;File=:AA\u0007${esc}\\`,
  )
})
