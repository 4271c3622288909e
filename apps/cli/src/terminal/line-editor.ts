import { createInterface, type Interface, type Key } from 'node:readline'
import { PassThrough, Writable } from 'node:stream'

/** The lines of input that the up arrow brings back. */
const historySize = 200

/** The stand-in for a newline inside the line. Readline would take a newline for Enter. */
const innerNewline = '\u000b'

export type EditorEvents = {
  /** Called at Enter. */
  line(line: string): void
  /** Called at Ctrl-C on an empty line. On another line, Ctrl-C empties it. */
  interrupt(): void
  /** Called at Ctrl-D on an empty line. */
  end(): void
}

/** The typed line, with the editing keys of readline. It draws nothing. */
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

  /** The letters before the cursor, in UTF-16 units. */
  get cursor(): number {
    return this.#readline.cursor
  }

  press(text: string | undefined, key: Key): void {
    this.#readline.write(text ?? '', key)
  }

  /**
   * Inserts a paste at the cursor. A paste is never a command: a slash at the beginning of the line
   * is doubled, which the person sees and can undo.
   */
  paste(text: string): void {
    const isFirst = this.line.slice(0, this.cursor).trim() === ''
    const trimmed = isFirst ? text.trimStart() : text
    const literal = isFirst && trimmed.startsWith('/') ? `/${trimmed}` : trimmed
    this.#readline.write(literal.replace(/\n+$/, '').replaceAll('\n', innerNewline))
  }

  /** Replaces the line, and moves the cursor to its end. */
  replace(line: string): void {
    this.#readline.write('', { ctrl: true, name: 'e' })
    this.#readline.write('', { ctrl: true, name: 'u' })
    if (line !== '') this.#readline.write(line.replaceAll('\n', innerNewline))
  }

  close(): void {
    this.#readline.close()
  }
}
