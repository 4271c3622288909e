import { deflateSync } from 'node:zlib'
import type { Pixels } from './pixels.ts'

/** The protocol's limit for the letters of one piece. */
const maxPieceLetters = 4_096

/**
 * Returns the codes of a picture in kitty's graphics protocol. The cursor stays where it is, and
 * the terminal answers nothing.
 *
 * Source: https://sw.kovidgoyal.net/kitty/graphics-protocol/
 */
export function kittyCodes(
  { width, height, bytes }: Pixels,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): string {
  const letters = Buffer.from(deflateSync(bytes)).toString('base64')
  const pieces = letters.match(new RegExp(`.{1,${maxPieceLetters}}`, 'g')) ?? []
  const head = `a=T,f=32,o=z,s=${width},v=${height},c=${columns},r=${rows},C=1,q=2,`
  return pieces
    .map((piece, at) => `\u001b_G${at === 0 ? head : ''}m=${at < pieces.length - 1 ? 1 : 0};${piece}\u001b\\`)
    .join('')
}
