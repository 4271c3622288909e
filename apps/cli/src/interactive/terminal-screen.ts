import type { WriteStream } from 'node:tty'
import type { Keyboard, Listener, Stroke } from '../terminal/keyboard.ts'
import { fitRow, type Layout, layOut, windowOf } from '../terminal/lay-out.ts'
import { LineEditor } from '../terminal/line-editor.ts'
import type { Completion } from './complete.ts'
import type { Screen } from './screen.ts'

/** The most lines that wait while earlier ones are being done. */
const maxEntered = 100
/** The rows for waiting lines and messages. */
const maxWaitingRows = 5
/** The assumed size of a terminal that does not tell its size. */
const defaultSize = { columns: 80, rows: 24 }

const nothing = { prompt: '', line: '', cursor: 0 }

const bell = '\u0007'
const eraseDown = '\u001b[J'
const up = (rows: number) => (rows > 0 ? `\u001b[${rows}A` : '')
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
  #waiting: readonly string[] = []
  #cursorRow = 0
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
    stdout.on('resize', this.#draw)
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

  print(text: string): void {
    this.#paint(text)
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

  setWaiting(waiting: readonly string[]): void {
    this.#waiting = waiting
    this.#draw()
  }

  async aside<T>(work: () => Promise<T>): Promise<T> {
    this.#keyboard.leave(this.#listener)
    this.#stdout.write(this.#erased())
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
    this.#stdout.off('resize', this.#draw)
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
    suspend: () => this.#stdout.write(this.#erased()),
    resume: () => this.#draw(),
  }

  #take(stroke: Stroke): void {
    if (this.#isEnded) {
      if (stroke.type === 'key' && stroke.key.ctrl && stroke.key.name === 'c') this.#interrupt()
    } else if (stroke.type === 'paste') this.#editor.paste(stroke.text)
    else if (stroke.key.name === 'tab') void this.#completeLine()
    else if (stroke.key.ctrl && stroke.key.name === 'l') this.#stdout.write('\u001b[2J\u001b[H')
    else if (isEnter(stroke) && this.#entered.length >= maxEntered) this.#stdout.write(bell)
    else this.#editor.press(stroke.text, stroke.key)
    this.#draw()
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

  #enter(line: string): void {
    this.#entered.push(line)
    this.#wake.resolve()
  }

  readonly #draw = (): void => this.#paint('')

  /**
   * Writes `text` above the drawn rows. One write replaces and redraws them, so nothing flickers.
   */
  #paint(text: string): void {
    if (this.#isClosed || this.#isAside) return void (text !== '' && this.#stdout.write(text))
    const erased = this.#erased()
    const { rows, cursorRow, cursorColumn } = this.#layout()
    const back = `${up(rows.length - 1 - cursorRow)}\r${right(cursorColumn)}`
    this.#stdout.write(`${erased}${text}${rows.join('\r\n')}${back}`)
    this.#cursorRow = cursorRow
  }

  /** Returns the codes that move the cursor to the first drawn row, and erase all below. */
  #erased(): string {
    if (this.#isClosed) return ''
    const erased = `${up(this.#cursorRow)}\r${eraseDown}`
    this.#cursorRow = 0
    return erased
  }

  #layout(): Layout {
    const columns = this.#stdout.columns || defaultSize.columns
    const maxRows = Math.max(1, (this.#stdout.rows || defaultSize.rows) - 1)
    const { line, cursor } = this.#editor
    const typed = layOut(this.#isEnded ? nothing : { prompt: this.#prompt, line, cursor }, columns)
    const above = this.#rowsAbove().map((row) => fitRow(row, columns))
    const whole = { ...typed, rows: [...above, ...typed.rows], cursorRow: above.length + typed.cursorRow }
    return windowOf(whole, maxRows)
  }

  #rowsAbove(): string[] {
    const waiting = [...this.#waiting, ...this.#entered.filter((line) => line.trim() !== '')]
    const more = waiting.length - maxWaitingRows
    const shown = (more > 0 ? waiting.slice(more) : waiting).map((line) => `[..] ${line}`)
    return [
      ...(more > 0 ? [`[..] and ${more} more`] : []),
      ...shown,
      ...(this.#notice === '' ? [] : [`(${this.#notice})`]),
    ]
  }
}

const isEnter = (stroke: Stroke): boolean =>
  stroke.type === 'key' && (stroke.key.name === 'return' || stroke.key.name === 'enter')
