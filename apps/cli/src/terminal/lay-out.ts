import stringWidth from 'string-width'
import { safeText } from '../text/safe-text.ts'

export type Layout = {
  readonly rows: readonly string[]
  readonly cursorRow: number
  readonly cursorColumn: number
}
export type Typed = {
  readonly prompt: string
  readonly line: string
  /** The position in `line`, in UTF-16 units. */
  readonly cursor: number
}

const letters = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/**
 * Breaks the prompt and the typed line into rows of at most `columns`. The caller writes a newline
 * after each row. A terminal that becomes wider joins only the rows that it broke itself, so these
 * rows stay.
 */
export function layOut({ prompt, line, cursor }: Typed, columns: number): Layout {
  const rows = ['']
  let width = 0
  let place: { row: number; column: number } | undefined
  const put = (letter: string) => {
    const size = stringWidth(letter)
    if (width + size > columns && width > 0) {
      rows.push('')
      width = 0
    }
    rows[rows.length - 1] += letter
    width += size
  }
  const startRow = () => {
    rows.push('')
    width = 0
  }
  for (const { segment } of letters.segment(prompt)) put(segment)
  for (const { segment, index } of letters.segment(line)) {
    const shown = shownAs(segment)
    if (shown !== '\n' && width + stringWidth(shown) > columns && width > 0) startRow()
    if (index >= cursor) place ??= { row: rows.length - 1, column: width }
    if (shown === '\n') startRow()
    else put(shown)
  }
  // In a full row there is no column for the cursor after the last letter.
  if (!place && width >= columns) startRow()
  place ??= { row: rows.length - 1, column: width }
  if (place.column >= columns) place = { row: place.row, column: columns - 1 }
  return { rows, cursorRow: place.row, cursorColumn: place.column }
}

/** Returns the part of a layout around the cursor that fits into `maxRows`. */
export function windowOf({ rows, cursorRow, cursorColumn }: Layout, maxRows: number): Layout {
  const first = Math.max(0, Math.min(rows.length - maxRows, Math.max(0, cursorRow - maxRows + 1)))
  return { rows: rows.slice(first, first + maxRows), cursorRow: cursorRow - first, cursorColumn }
}

/** Returns the beginning of a text that fits into one row of `columns`. */
export function fitRow(text: string, columns: number): string {
  let row = ''
  for (const { segment } of letters.segment(text)) {
    const next = row + (segment.includes('\n') ? ' ' : shownAs(segment))
    if (stringWidth(next) >= columns) return `${row}…`
    row = next
  }
  return row
}

const shownAs = (letter: string): string => {
  if (letter === '\t') return ' '
  return letter.includes('\n') ? '\n' : safeText(letter)
}
