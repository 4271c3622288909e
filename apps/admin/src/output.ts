import type { AdminError } from './admin-error.ts'

type Stream = { write(text: string): unknown }
type Cell = string | number | boolean | Date | null | undefined
export type Row = Readonly<Record<string, Cell>>

/**
 * Prints results to stdout, as text or as one JSON object a line, and everything else to stderr.
 */
export class Output {
  readonly #isJson: boolean
  readonly #stdout: Stream
  readonly #stderr: Stream

  constructor({ json, stdout, stderr }: { json: boolean; stdout: Stream; stderr: Stream }) {
    this.#isJson = json
    this.#stdout = stdout
    this.#stderr = stderr
  }

  /** Prints one result: `text`, or `row` with --json. */
  result(row: Row, text: string): void {
    this.#stdout.write(`${this.#isJson ? JSON.stringify(row) : text}\n`)
  }

  /** Prints rows as a table, with the names of the first one's fields above it. */
  table(rows: readonly Row[], none: string): void {
    const [first] = rows
    if (this.#isJson) for (const row of rows) this.#stdout.write(`${JSON.stringify(row)}\n`)
    else if (first === undefined) this.#stdout.write(`${none}\n`)
    else {
      const names = Object.keys(first)
      const lines = [
        names.map((name) => name.toUpperCase()),
        ...rows.map((row) => names.map((name) => shown(row[name]))),
      ]
      const widths = names.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
      for (const line of lines)
        this.#stdout.write(
          `${line
            .map((cell, column) => cell.padEnd(widths[column] ?? 0))
            .join('  ')
            .trimEnd()}\n`,
        )
    }
  }

  /** Prints one row with a line for each field. */
  record(row: Row): void {
    if (this.#isJson) this.#stdout.write(`${JSON.stringify(row)}\n`)
    else {
      const width = Math.max(...Object.keys(row).map((name) => name.length))
      for (const [name, cell] of Object.entries(row)) this.#stdout.write(`${name.padEnd(width)}  ${shown(cell)}\n`)
    }
  }

  /** Prints a note that is not a result. */
  note(text: string): void {
    this.#stderr.write(`${text}\n`)
  }

  error({ code, message }: AdminError): void {
    if (this.#isJson) this.#stdout.write(`${JSON.stringify({ error: { code, message } })}\n`)
    this.note(message)
  }
}

/** Replaces control characters, because a name in Redis or a note could control the terminal. */
function shown(cell: Cell): string {
  if (cell === null || cell === undefined) return '-'
  const text = cell instanceof Date ? cell.toISOString() : String(cell)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the function removes them
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ')
}
