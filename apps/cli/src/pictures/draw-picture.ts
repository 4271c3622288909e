import { decodeSafely } from './decode-safely.ts'
import { halfBlocks } from './half-blocks.ts'
import { iterm2Codes } from './iterm2.ts'
import { kittyCodes } from './kitty.ts'
import type { PictureTerminal } from './picture-mode.ts'
import { cellsOf, type Drawing } from './pixels.ts'
import { sixelCodes } from './sixel.ts'
import { throughTmux } from './through-tmux.ts'

/**
 * Returns the codes that draw a picture in a terminal. Undefined: this terminal gets words only.
 * The codes are made from decoded pixels, so the sender has no part in them but the colors.
 * @param room the rows and columns that it may take
 * @throws {CliError} `damaged_picture`
 */
export async function drawPicture(
  picture: Uint8Array,
  terminal: PictureTerminal,
  room: { readonly columns: number; readonly rows: number },
): Promise<Drawing | undefined> {
  const { mode, isInTmux, blockColors } = terminal
  if (mode === 'off') return undefined
  if (mode === 'blocks') {
    const size = { width: room.columns, height: room.rows * 2 }
    const rows = halfBlocks(await decodeSafely(picture, { ...size, form: mode }), blockColors)
    return { codes: rows.join('\r\n'), rows: rows.length }
  }
  const box = { ...room, ...terminal }
  const size = { width: box.columns * box.cellWidth, height: box.rows * box.cellHeight }
  const pixels = await decodeSafely(picture, { ...size, form: mode })
  const cells = cellsOf(pixels, box)
  if (mode === 'sixel') return { codes: sixelCodes(pixels), rows: cells.rows }
  const codes = mode === 'kitty' ? kittyCodes(pixels, cells) : iterm2Codes(pixels.bytes, cells)
  return { codes: isInTmux ? throughTmux(codes) : codes, rows: cells.rows }
}
