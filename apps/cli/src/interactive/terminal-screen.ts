import type { WriteStream } from 'node:tty'
import type { Keyboard, Listener, Stroke } from '../terminal/keyboard.ts'
import type { Layout } from '../terminal/lay-out.ts'
import { LineEditor } from '../terminal/line-editor.ts'
import type { Completion } from './complete.ts'
import { layOutBottom } from './lay-out-bottom.ts'
import type { Screen, ScreenKeys } from './screen.ts'
import { ScreenRows, type TerminalSize } from './screen-rows.ts'

/** The most lines that wait while earlier ones are being done. */
const maxEntered = 100
const nothing = { prompt: '', line: '', cursor: 0 }

const bell = '\u0007'

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
  readonly #rows: ScreenRows
  #isClosed = false

  constructor(keyboard: Keyboard, stdout: WriteStream, complete: (line: string) => Promise<Completion>) {
    this.#keyboard = keyboard
    this.#stdout = stdout
    this.#complete = complete
    this.#editor = new LineEditor({
      line: (line) => this.#enter(line),
      interrupt: () => this.#interrupt(),
      end: () => this.#end(),
    })
    this.#rows = new ScreenRows(stdout, (size) => this.#layOut(size))
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

  get size(): TerminalSize {
    return this.#rows.size
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
    this.#rows.print(text, key)
  }

  replace(key: string, text: string): void {
    this.#rows.replace(key, text)
  }

  printPicture(codes: string, rows: number): void {
    this.#rows.printPicture(codes, rows)
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
    this.#rows.pause()
    try {
      return await work()
    } finally {
      if (!this.#isClosed) {
        this.#listen()
        this.#rows.resume()
      }
    }
  }

  close(): void {
    if (this.#isClosed) return
    this.#keyboard.leave(this.#listener)
    this.#isClosed = true
    this.#rows.close()
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
    suspend: () => this.#rows.leave(),
    resume: () => this.#draw(),
  }

  #take(stroke: Stroke): void {
    if (this.#isEnded) {
      if (stroke.type === 'key' && stroke.key.ctrl && stroke.key.name === 'c') this.#interrupt()
    } else if (stroke.type === 'paste') this.#editor.paste(stroke.text)
    else if (stroke.key.name === 'tab') void this.#completeLine()
    else if (stroke.key.ctrl && stroke.key.name === 'l') this.#rows.clear()
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

  #enter(line: string): void {
    this.#entered.push(this.#keys?.enter(line) ?? line)
    this.#wake.resolve()
  }

  #draw(): void {
    this.#rows.draw()
  }

  #layOut(size: TerminalSize): Layout {
    const { line, cursor } = this.#editor
    const typed = this.#isEnded ? nothing : { prompt: this.#prompt, line, cursor }
    const waiting = [...this.#waiting, ...this.#entered.filter((one) => one.trim() !== '')]
    return layOutBottom({ typed, waiting, signs: this.#signs, notice: this.#notice }, size)
  }
}

const isEnter = (stroke: Stroke): boolean =>
  stroke.type === 'key' && (stroke.key.name === 'return' || stroke.key.name === 'enter')
