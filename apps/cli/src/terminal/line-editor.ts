import { createInterface, type Interface, type Key } from 'node:readline'
import { PassThrough, Writable } from 'node:stream'

/** Lines of input that the up arrow brings back. */
const historySize = 200

/** What stands for a newline inside the line: readline would take a newline for Enter. */
const innerNewline = '\u000b'

export type EditorEvents = {
  /** Enter. */
  line(line: string): void
  /** Ctrl-C on an empty line; otherwise it empties the line. */
  interrupt(): void
  /** Ctrl-D on an empty line. */
  end(): void
}

/** The line being typed, edited by readline's keys. It draws nothing. */
export class LineEditor {
  readonly #readline: Interface

  constructor(events: EditorEvents) {
    const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
    this.#readline = createInterface({
      input: new PassThrough(),
      output: silent,
      terminal: true,
      prompt: '',
      historySize,
    })
    this.#readline.on('line', (line) => events.line(line.replaceAll(innerNewline, '\n')))
    this.#readline.on('close', () => events.end())
    this.#readline.on('SIGINT', () => {
      if (this.line === '') events.interrupt()
      else this.replace('')
    })
  }

  get line(): string {
    return this.#readline.line.replaceAll(innerNewline, '\n')
  }

  /** Letters before the cursor, in UTF-16 units. */
  get cursor(): number {
    return this.#readline.cursor
  }

  press(text: string | undefined, key: Key): void {
    this.#readline.write(text ?? '', key)
  }

  /**
   * Inserts a paste at the cursor. It never becomes a command: a slash at the beginning of the line is doubled, which the
   * person sees and may undo.
   */
  paste(text: string): void {
    const isFirst = this.line.slice(0, this.cursor).trim() === ''
    const trimmed = isFirst ? text.trimStart() : text
    const literal = isFirst && trimmed.startsWith('/') ? `/${trimmed}` : trimmed
    this.#readline.write(literal.replace(/\n+$/, '').replaceAll('\n', innerNewline))
  }

  /** Puts another line in place of this one, with the cursor at its end. */
  replace(line: string): void {
    this.#readline.write('', { ctrl: true, name: 'e' })
    this.#readline.write('', { ctrl: true, name: 'u' })
    if (line !== '') this.#readline.write(line.replaceAll('\n', innerNewline))
  }

  close(): void {
    this.#readline.close()
  }
}
