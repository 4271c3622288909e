import stringWidth from 'string-width'

/** The indent of further rows: no row of a text can look like the beginning of another message. */
const indentColumns = 6
/** The indent takes at most this part of a row, in a narrow terminal. */
const indentShare = 4
const isolate = '\u2068'
const endOfIsolate = '\u2069'
const tabWidth = 2

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the codes of colours.
const colorCodes = /(\u001b\[[0-9;]*m)/

type Piece = { readonly text: string; readonly width: number }

/**
 * Breaks a text into rows of at most `columns`, at spaces where there are some. Codes of colours
 * take no column. A part whose direction is isolated is isolated in each of its rows.
 */
export function wrapRows(text: string, columns: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line.replaceAll('\t', ' '.repeat(tabWidth)), columns))
}

function wrapLine(line: string, columns: number): string[] {
  if (stringWidth(line) <= columns) return [line]
  const indent: Piece = pieceOf(' '.repeat(Math.min(indentColumns, Math.floor(columns / indentShare))))
  const rows: string[] = []
  let row: Piece[] = []
  let width = 0
  const start = (pieces: readonly Piece[]) => {
    row = [...pieces]
    width = widthOf(row)
  }
  for (const piece of piecesOf(line)) {
    while (width + piece.width > columns && width > (rows.length > 0 ? indent.width : 0)) {
      const at = breakIn(row, rows.length > 0 ? 1 : 0)
      const isOpen = isIsolated(row.slice(0, at))
      rows.push(`${textOf(row.slice(0, at)).trimEnd()}${isOpen ? endOfIsolate : ''}`)
      start([indent, ...(isOpen ? [pieceOf(isolate)] : []), ...row.slice(at)])
    }
    row.push(piece)
    width += piece.width
  }
  rows.push(textOf(row))
  return rows
}

/** Returns the place after the last space of a row. Without one it is the end of the row. */
function breakIn(row: readonly Piece[], from: number): number {
  const isBlank = (at: number) => row[at]?.text === ' '
  for (let at = row.length - 1; at > from; at--) {
    // Spaces at the beginning of a line are its indent.
    if (isBlank(at) && row.slice(from, at).some(({ text, width }) => width > 0 && text !== ' ')) return at + 1
  }
  return row.length
}

function piecesOf(line: string): Piece[] {
  return line
    .split(colorCodes)
    .flatMap((part, at) =>
      at % 2 === 1
        ? [{ text: part, width: 0 }]
        : Array.from(letters.segment(part), ({ segment }): Piece => pieceOf(segment)),
    )
}

const pieceOf = (text: string): Piece => ({ text, width: stringWidth(text) })
const textOf = (row: readonly Piece[]): string => row.map(({ text }) => text).join('')
const widthOf = (row: readonly Piece[]): number => row.reduce((sum, { width }) => sum + width, 0)

function isIsolated(row: readonly Piece[]): boolean {
  const all = textOf(row)
  return all.lastIndexOf(isolate) > all.lastIndexOf(endOfIsolate)
}
