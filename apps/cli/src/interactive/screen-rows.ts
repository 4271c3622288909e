import type { WriteStream } from 'node:tty'
import stringWidth from 'string-width'
import { placed } from '../pictures/placed.ts'
import type { Layout } from '../terminal/lay-out.ts'
import { PrintedRows } from '../terminal/printed-rows.ts'
import { wrapRows } from '../terminal/wrap-rows.ts'

/** The assumed size of a terminal that does not tell its size. */
const defaultSize = { columns: 80, rows: 24 }

const eraseDown = '\u001b[J'
const eraseRow = '\u001b[2K'
const eraseScreen = '\u001b[2J\u001b[H'
const colorsOff = '\u001b[0m'
const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '')
const down = (rows: number) => (rows > 0 ? `\u001b[${rows}B` : '')
const right = (columns: number) => (columns > 0 ? `\u001b[${columns}C` : '')

const nothingDrawn: Layout = { rows: [], cursorRow: 0, cursorColumn: 0 }

export type TerminalSize = { readonly columns: number; readonly rows: number }

/**
 * The rows of a terminal: the bottom ones are drawn again and again, and others are printed above
 * them. While paused, what is printed goes straight to the terminal.
 */
export class ScreenRows {
  readonly #stdout: WriteStream
  readonly #layOut: (size: TerminalSize) => Layout
  readonly #printed = new PrintedRows()
  #drawn: Layout = nothingDrawn
  #isPaused = false

  /** @param layOut returns the rows at the bottom as they are now */
  constructor(stdout: WriteStream, layOut: (size: TerminalSize) => Layout) {
    this.#stdout = stdout
    this.#layOut = layOut
    stdout.on('resize', this.#resize)
  }

  get size(): TerminalSize {
    return { columns: this.#stdout.columns || defaultSize.columns, rows: this.#stdout.rows || defaultSize.rows }
  }

  /** Draws the bottom rows as they are now. */
  readonly draw = (): void => this.#paint('')

  /** Prints whole lines. @param key names their rows, for `replace` */
  print(text: string, key?: string): void {
    const rows = wrapRows(text.replace(/\n$/, ''), this.size.columns)
    this.#paint(`${rows.join('\n')}\n`, () => this.#printed.printed(rows, key))
  }

  /** Changes rows that were printed with this key, if they are on the screen for certain. */
  replace(key: string, text: string): void {
    const place = this.#isPaused ? undefined : this.#printed.placeOf(key)
    const rows = wrapRows(text, this.size.columns)
    if (place?.count !== rows.length) return
    const { cursorRow, cursorColumn } = this.#drawn
    const way = cursorRow + place.distance
    const written = rows.map((row) => `\r${eraseRow}${row}${down(1)}`).join('')
    this.#stdout.write(`${up(way)}${written}${colorsOff}${down(way - rows.length)}\r${right(cursorColumn)}`)
  }

  /** Prints a picture of this many rows: codes that draw it from the cursor on. */
  printPicture(codes: string, rows: number): void {
    this.#paint(placed({ codes, rows }), () => this.#printed.printed(Array<string>(rows).fill('')))
  }

  /** Clears the whole screen. */
  clear(): void {
    this.#stdout.write(eraseScreen)
    this.#printed.forget()
    this.#drawn = nothingDrawn
  }

  /** Erases the bottom rows: another program writes in their place until the next `draw`. */
  leave(): void {
    this.#stdout.write(this.#erased())
    this.#printed.forget()
  }

  /** Erases the bottom rows, and draws none until `resume`. */
  pause(): void {
    this.leave()
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.draw()
  }

  /** Erases the bottom rows, and draws none any more. */
  close(): void {
    this.#stdout.off('resize', this.#resize)
    if (!this.#isPaused) this.#stdout.write(this.#erased())
    this.#isPaused = true
  }

  readonly #resize = (): void => {
    const { columns } = this.size
    // Drawn rows that the terminal has broken leave parts above, so nothing there is certain.
    if (this.#drawn.rows.some((row) => stringWidth(row) > columns)) this.#printed.forget()
    else this.#printed.resized(columns)
    this.draw()
  }

  /**
   * Writes `text` above the drawn rows. One write replaces and redraws them, so nothing flickers.
   * @param note notes what was printed
   */
  #paint(text: string, note: () => void = () => {}): void {
    if (this.#isPaused) return void (text !== '' && this.#stdout.write(text))
    const erased = this.#erased()
    this.#drawn = this.#layOut(this.size)
    const { rows, cursorRow, cursorColumn } = this.#drawn
    const back = `${up(rows.length - 1 - cursorRow)}\r${right(cursorColumn)}`
    this.#stdout.write(`${erased}${text}${rows.join('\r\n')}${back}`)
    note()
    this.#printed.drawn(this.size.rows - rows.length)
  }

  /** Returns the codes that move the cursor to the first drawn row, and erase all below. */
  #erased(): string {
    const erased = `${up(this.#drawn.cursorRow)}\r${eraseDown}`
    this.#drawn = nothingDrawn
    return erased
  }
}
