import { once } from 'node:events'
import type { Writable } from 'node:stream'
import pc from 'picocolors'
import type { CliError } from '../cli-error.ts'
import type { TellableNews } from '../devices/news.ts'
import { safeJson, safeName } from './safe-text.ts'

export type Colors = ReturnType<typeof pc.createColors>
type JsonObject = Readonly<Record<string, unknown>>
type Stream = Writable & { readonly isTTY?: boolean }

/**
 * The output of a command. Results go to stdout, as text or as one JSON object per line. Notes go
 * to stderr.
 */
export class Output {
  readonly isJson: boolean
  readonly colors: Colors
  readonly stderr: Stream
  readonly #stdout: Stream
  readonly #wrap: (object: JsonObject) => JsonObject
  readonly #hasNews: boolean

  /** @param options `wrap` returns the object that is printed in place of a result. */
  constructor(options: {
    json: boolean
    stdout: Stream
    stderr: Stream
    color?: boolean
    wrap?: (object: JsonObject) => JsonObject
    /** News of the account are results. The results of most commands have no place for them. */
    hasNews?: boolean
  }) {
    this.#hasNews = options.hasNews ?? false
    this.#wrap = options.wrap ?? ((object) => object)
    this.isJson = options.json
    this.stderr = options.stderr
    this.#stdout = options.stdout
    this.colors = pc.createColors(options.color ?? (pc.isColorSupported && options.stdout.isTTY === true))
  }

  /** Whether results go to a person at a terminal, and not to a file or another program. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true
  }

  /** Prints a result: `object` with --json, and otherwise `text`. */
  result(object: JsonObject, text: string): void {
    if (this.isJson) this.#json(object)
    else this.#stdout.write(`${text}\n`)
  }

  /** Prints words for people. --json leaves them out. */
  text(text: string): void {
    if (!this.isJson) this.#stdout.write(`${text}\n`)
  }

  /** Writes a note, which is not a result. */
  note(text: string): void {
    this.stderr.write(`${text}\n`)
  }

  /**
   * Tells that something is wrong that no command of this device caused: as a result for scripts,
   * else as a note.
   */
  trouble({ code, message }: { readonly code: string; readonly message: string }): void {
    if (this.isJson) this.#json({ type: 'trouble', code, message })
    else this.note(safeName(message))
  }

  /** Tells news of the account: as a result for programs that listen, else as a note. */
  news({ news, message, isLoud }: TellableNews): void {
    if (this.isJson && this.#hasNews) this.#json({ ...news, message })
    else this.note(isLoud ? this.colors.yellow(message) : this.colors.dim(message))
  }

  error({ code, message }: CliError): void {
    if (this.isJson) this.#json({ type: 'error', code, message })
    this.note(message.replaceAll('\n', ' '))
  }

  /** Resolves when the reader has taken most of the output, or has gone. */
  async drained(): Promise<void> {
    if (this.#stdout.writableNeedDrain) await once(this.#stdout, 'drain').catch(() => {})
  }

  #json(object: JsonObject): void {
    this.#stdout.write(`${safeJson(this.#wrap(object))}\n`)
  }

  /** Resolves when the whole output has left the process. */
  async flush(): Promise<void> {
    for (const stream of [this.#stdout, this.stderr]) await new Promise((resolve) => stream.write('', resolve))
  }
}
