import type { WriteStream } from 'node:tty'
import stringWidth from 'string-width'
import { placed } from '../pictures/placed.ts'
import type { Keyboard, Listener, Stroke } from '../terminal/keyboard.ts'
import type { Layout } from '../terminal/lay-out.ts'
import { LineEditor } from '../terminal/line-editor.ts'
import { PrintedRows } from '../terminal/printed-rows.ts'
import { wrapRows } from '../terminal/wrap-rows.ts'
import type { Completion } from './complete.ts'
import { layOutBottom } from './lay-out-bottom.ts'
import type { Screen, ScreenKeys } from './screen.ts'

/** The most lines that wait while earlier ones are being done. */
const maxEntered = 100
/** The assumed size of a terminal that does not tell its size. */
const defaultSize = { columns: 80, rows: 24 }

const nothing = { prompt: '', line: '', cursor: 0 }

const bell = '\u0007'
const eraseDown = '\u001b[J'
const eraseRow = '\u001b[2K'
const colorsOff = '\u001b[0m'
const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '')
const down = (rows: number) => (rows > 0 ? `\u001b[${rows}B` : '')
const right = (columns: number) => (columns > 0 ? `\u001b[${columns}C` : '')

/**
 * A terminal with the typed line at the bottom, and other lines above it. The typed line begins
 * with the letters that were typed before the screen opened. Entered lines are kept until they are
 * read.
 */
export class TerminalScreen implements Screen {
  readonly isTerminal = true
  readonly #keyboard: Keyboard
  readonly #stdout: WriteStream
  readonly #complete: (line: string) => Promise<Completion>
  readonly #editor: LineEditor
  readonly #entered: string[] = []
  #wake = Promise.withResolvers<void>()
  #interrupt: () => void = () => this.#end()
  #isEnded = false
  #prompt = '> '
  #notice = ''
  #signs = ''
  #typed: (line: string) => void = () => {}
  #keys: ScreenKeys | undefined
  #waiting: readonly string[] = []
  #drawn: Layout = { rows: [], cursorRow: 0, cursorColumn: 0 }
  readonly #printed = new PrintedRows()
  #isClosed = false
  #isAside = false

  constructor(keyboard: Keyboard, stdout: WriteStream, complete: (line: string) => Promise<Completion>) {
    this.#keyboard = keyboard
    this.#stdout = stdout
    this.#complete = complete
    this.#editor = new LineEditor({
      line: (line) => this.#enter(line),
      interrupt: () => this.#interrupt(),
      end: () => this.#end(),
    })
    stdout.on('resize', this.#resize)
    this.#listen()
    this.#draw()
  }

  async *lines(): AsyncGenerator<string> {
    for (;;) {
      this.#wake = Promise.withResolvers()
      const line = this.#entered.shift()
      if (line !== undefined) {
        this.#draw()
        yield line
      } else if (this.#isEnded) return
      else await this.#wake.promise
    }
  }

  end(interrupt: () => void): void {
    this.#interrupt = interrupt
    this.#end()
  }

  get size(): { columns: number; rows: number } {
    return { columns: this.#stdout.columns || defaultSize.columns, rows: this.#stdout.rows || defaultSize.rows }
  }

  get typed(): string {
    return this.#editor.line
  }

  setTyped(line: string): void {
    this.#editor.replace(line)
    this.#draw()
  }

  setKeys(keys: ScreenKeys): void {
    this.#keys = keys
  }

  ring(): void {
    this.#stdout.write(bell)
  }

  print(text: string, key?: string): void {
    const rows = wrapRows(text.replace(/\n$/, ''), this.size.columns)
    this.#paint(`${rows.join('\n')}\n`, () => this.#printed.printed(rows, key))
  }

  replace(key: string, text: string): void {
    const place = this.#isClosed || this.#isAside ? undefined : this.#printed.placeOf(key)
    const rows = wrapRows(text, this.size.columns)
    if (place?.count !== rows.length) return
    const { cursorRow, cursorColumn } = this.#drawn
    const way = cursorRow + place.distance
    const written = rows.map((row) => `\r${eraseRow}${row}${down(1)}`).join('')
    this.#stdout.write(`${up(way)}${written}${colorsOff}${down(way - rows.length)}\r${right(cursorColumn)}`)
  }

  printPicture(codes: string, rows: number): void {
    this.#paint(placed({ codes, rows }), () => this.#printed.printed(Array<string>(rows).fill('')))
  }

  setPrompt(prompt: string): void {
    if (prompt === this.#prompt) return
    this.#prompt = prompt
    this.#draw()
  }

  setNotice(notice: string): void {
    if (notice === this.#notice) return
    this.#notice = notice
    this.#draw()
  }

  setSigns(signs: string): void {
    if (signs === this.#signs) return
    this.#signs = signs
    this.#draw()
  }

  onTyped(listen: (line: string) => void): void {
    this.#typed = listen
  }

  setWaiting(waiting: readonly string[]): void {
    this.#waiting = waiting
    this.#draw()
  }

  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#keyboard.leave(this.#listener)
    this.#stdout.write(this.#erased())
    this.#printed.forget()
    this.#isAside = true
    try {
      return await work()
    } finally {
      this.#isAside = false
      if (!this.#isClosed) this.#listen()
      this.#draw()
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#keyboard.leave(this.#listener)
    this.#stdout.off('resize', this.#resize)
    this.#stdout.write(this.#erased())
    this.#isClosed = true
    this.#end()
    this.#editor.close()
  }

  #end(): void {
    this.#isEnded = true
    this.#wake.resolve()
    this.#draw()
  }

  #listen(): void {
    this.#keyboard.listen(this.#listener)
  }

  readonly #listener: Listener = {
    take: (stroke) => this.#take(stroke),
    // The shell writes in place of these lines, and they are drawn again below that.
    suspend: () => {
      this.#stdout.write(this.#erased())
      this.#printed.forget()
    },
    resume: () => this.#draw(),
  }

  #take(stroke: Stroke): void {
    if (this.#isEnded) {
      if (stroke.type === 'key' && stroke.key.ctrl && stroke.key.name === 'c') this.#interrupt()
    } else if (stroke.type === 'paste') this.#editor.paste(stroke.text)
    else if (stroke.key.name === 'tab') void this.#completeLine()
    else if (stroke.key.ctrl && stroke.key.name === 'l') this.#clear()
    else if (stroke.key.ctrl && stroke.key.name === 'o') this.#keys?.switch()
    else if (stroke.key.name === 'escape') this.#keys?.escape()
    else if (stroke.key.name === 'up' && this.#editor.line === '' && this.#keys?.up()) return
    else if (isEnter(stroke) && this.#entered.length >= maxEntered) this.#stdout.write(bell)
    else this.#editor.press(stroke.text, stroke.key)
    this.#draw()
    if (!this.#isEnded) this.#typed(this.#editor.line)
  }

  /** Completes the last word. Keys typed meanwhile are kept, and come after the completed word. */
  async #completeLine(): Promise<void> {
    const { line, cursor } = this.#editor
    if (cursor < line.length) return
    this.#keyboard.leave(this.#listener)
    try {
      const { line: completed, choices } = await this.#complete(line)
      if (completed !== line) this.#editor.replace(completed)
      else if (choices.length > 0) this.print(`${choices.join('  ')}\n`)
    } finally {
      if (!this.#isClosed) this.#listen()
      this.#draw()
    }
  }

  #clear(): void {
    this.#stdout.write('\u001b[2J\u001b[H')
    this.#printed.forget()
    this.#drawn = { rows: [], cursorRow: 0, cursorColumn: 0 }
  }

  #enter(line: string): void {
    this.#entered.push(this.#keys?.enter(line) ?? line)
    this.#wake.resolve()
  }

  readonly #draw = (): void => this.#paint('')

  readonly #resize = (): void => {
    const { columns } = this.size
    // Drawn rows that the terminal has broken leave parts above, so nothing there is certain.
    if (this.#drawn.rows.some((row) => stringWidth(row) > columns)) this.#printed.forget()
    else this.#printed.resized(columns)
    this.#draw()
  }

  /**
   * Writes `text` above the drawn rows. One write replaces and redraws them, so nothing flickers.
   * @param note notes what was printed
   */
  #paint(text: string, note: () => void = () => {}): void {
    if (this.#isClosed || this.#isAside) return void (text !== '' && this.#stdout.write(text))
    const erased = this.#erased()
    this.#drawn = this.#layout()
    const { rows, cursorRow, cursorColumn } = this.#drawn
    const back = `${up(rows.length - 1 - cursorRow)}\r${right(cursorColumn)}`
    this.#stdout.write(`${erased}${text}${rows.join('\r\n')}${back}`)
    note()
    this.#printed.drawn(this.size.rows - rows.length)
  }

  /** Returns the codes that move the cursor to the first drawn row, and erase all below. */
  #erased(): string {
    if (this.#isClosed) return ''
    const erased = `${up(this.#drawn.cursorRow)}\r${eraseDown}`
    this.#drawn = { rows: [], cursorRow: 0, cursorColumn: 0 }
    return erased
  }

  #layout(): Layout {
    const { line, cursor } = this.#editor
    const typed = this.#isEnded ? nothing : { prompt: this.#prompt, line, cursor }
    const waiting = [...this.#waiting, ...this.#entered.filter((one) => one.trim() !== '')]
    return layOutBottom({ typed, waiting, signs: this.#signs, notice: this.#notice }, this.size)
  }
}

const isEnter = (stroke: Stroke): boolean =>
  stroke.type === 'key' && (stroke.key.name === 'return' || stroke.key.name === 'enter')
