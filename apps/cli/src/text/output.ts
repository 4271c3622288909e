import { once } from 'node:events'
import type { Writable } from 'node:stream'
import pc from 'picocolors'
import type { CliError } from '../cli-error.ts'
import { safeJson, safeName } from './safe-text.ts'

export type Colors = ReturnType<typeof pc.createColors>
type JsonObject = Readonly<Record<string, unknown>>
type Stream = Writable & { readonly isTTY?: boolean }

/** Where a command's words go: results to stdout, as text or one JSON object a line; all else to stderr. */
export class Output {
  readonly isJson: boolean
  readonly colors: Colors
  readonly stderr: Stream
  readonly #stdout: Stream
  readonly #wrap: (object: JsonObject) => JsonObject

  /** @param options `wrap`: what is printed in place of an object. */
  constructor(options: {
    json: boolean
    stdout: Stream
    stderr: Stream
    color?: boolean
    wrap?: (object: JsonObject) => JsonObject
  }) {
    this.#wrap = options.wrap ?? ((object) => object)
    this.isJson = options.json
    this.stderr = options.stderr
    this.#stdout = options.stdout
    this.colors = pc.createColors(options.color ?? (pc.isColorSupported && options.stdout.isTTY === true))
  }

  /** Results go to a person at a terminal, not to a file or another program. */
  get isTerminal(): boolean {
    return this.#stdout.isTTY === true
  }

  /** One result: `object` is what --json prints. */
  result(object: JsonObject, text: string): void {
    if (this.isJson) this.#json(object)
    else this.#stdout.write(`${text}\n`)
  }

  /** Words for a person at the terminal only. */
  text(text: string): void {
    if (!this.isJson) this.#stdout.write(`${text}\n`)
  }

  /** Something worth knowing that is not a result. */
  note(text: string): void {
    this.stderr.write(`${text}\n`)
  }

  /** Something is wrong that nobody on this device did: a result of its own for scripts, else a note. */
  trouble({ code, message }: { readonly code: string; readonly message: string }): void {
    if (this.isJson) this.#json({ type: 'trouble', code, message })
    else this.note(safeName(message))
  }

  error({ code, message }: CliError): void {
    if (this.isJson) this.#json({ type: 'error', code, message })
    this.note(message.replaceAll('\n', ' '))
  }

  /** Resolves when the reader has taken in most of what was written, or never will. */
  async drained(): Promise<void> {
    if (this.#stdout.writableNeedDrain) await once(this.#stdout, 'drain').catch(() => {})
  }

  #json(object: JsonObject): void {
    this.#stdout.write(`${safeJson(this.#wrap(object))}\n`)
  }

  /** Resolves when all of it has left the process. */
  async flush(): Promise<void> {
    for (const stream of [this.#stdout, this.stderr]) await new Promise((resolve) => stream.write('', resolve))
  }
}
