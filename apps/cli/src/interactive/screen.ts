import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline'
import { Writable } from 'node:stream'
import type { ReadStream, WriteStream } from 'node:tty'

/** Lines of input that the up arrow brings back. */
const historySize = 200

/** A line to type in at the bottom, and lines that come above it without disturbing it. */
export class Screen {
  readonly isTerminal: boolean
  /** What is written here appears above the line that is being typed. */
  readonly above: Writable & { isTTY?: boolean }
  readonly #readline: Interface
  readonly #stdout: WriteStream
  #prompt = '> '
  #notice = ''
  #isClosed = false

  constructor(stdin: ReadStream, stdout: WriteStream, complete: (line: string) => [string[], string]) {
    this.isTerminal = stdin.isTTY === true && stdout.isTTY === true
    this.#stdout = stdout
    this.#readline = createInterface({
      input: stdin,
      output: stdout,
      terminal: this.isTerminal,
      completer: complete,
      historySize,
    })
    this.#readline.on('close', () => {
      this.#isClosed = true
    })
    this.above = new Writable({
      decodeStrings: false,
      write: (text: string | Buffer, _encoding, done) => {
        this.print(String(text))
        done()
      },
    })
    this.above.isTTY = this.isTerminal
  }

  /** Gives each line that is typed; ends at the end of input, or at Ctrl-C on an empty line. */
  async *lines(): AsyncGenerator<string> {
    this.#readline.on('SIGINT', () => {
      if (this.#readline.line === '') this.#readline.close()
      else this.#readline.write(null, { ctrl: true, name: 'u' })
    })
    this.#show()
    for await (const line of this.#readline) {
      yield line
      this.#show()
    }
  }

  /** `text` ends with a newline. */
  print(text: string): void {
    if (!this.isTerminal || this.#isClosed) {
      this.#stdout.write(text)
      return
    }
    const { rows } = this.#readline.getCursorPos()
    moveCursor(this.#stdout, 0, -rows)
    cursorTo(this.#stdout, 0)
    clearScreenDown(this.#stdout)
    this.#stdout.write(text)
    this.#show()
  }

  setPrompt(prompt: string): void {
    this.#prompt = prompt
    this.#show()
  }

  /** Stands before the prompt for as long as it holds; empty: nothing does. */
  setNotice(notice: string): void {
    if (notice === this.#notice) return
    this.#notice = notice
    this.#show()
  }

  close(): void {
    this.#readline.close()
  }

  #show(): void {
    if (!this.isTerminal || this.#isClosed) return
    this.#readline.setPrompt(this.#notice === '' ? this.#prompt : `(${this.#notice}) ${this.#prompt}`)
    this.#readline.prompt(true)
  }
}
