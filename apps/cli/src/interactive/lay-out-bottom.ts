import { fitRow, type Layout, layOut, type Typed, windowOf } from '../terminal/lay-out.ts'

/** The rows for waiting lines and messages. */
const maxWaitingRows = 5

type Bottom = {
  readonly typed: Typed
  /** The messages and lines that wait. */
  readonly waiting: readonly string[]
  /** Receipts, typing and presence. */
  readonly signs: string
  /** A notice about the connection. */
  readonly notice: string
}

/** Returns the rows at the bottom of the screen: the typed line, and what stands above it. */
export function layOutBottom(
  { typed, ...above }: Bottom,
  { columns, rows }: { readonly columns: number; readonly rows: number },
): Layout {
  const line = layOut(typed, columns)
  const others = rowsAbove(above).map((row) => fitRow(row, columns))
  const whole = { ...line, rows: [...others, ...line.rows], cursorRow: others.length + line.cursorRow }
  return windowOf(whole, Math.max(1, rows - 1))
}

function rowsAbove({ waiting, signs, notice }: Omit<Bottom, 'typed'>): string[] {
  const more = waiting.length - maxWaitingRows
  const shown = (more > 0 ? waiting.slice(more) : waiting).map((line) => `[..] ${line}`)
  return [
    ...(more > 0 ? [`[..] and ${more} more`] : []),
    ...shown,
    ...(signs === '' ? [] : [signs]),
    ...(notice === '' ? [] : [`(${notice})`]),
  ]
}
