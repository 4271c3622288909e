import stringWidth from 'string-width'

/** The rows that are remembered: more than a terminal has. */
const maxRows = 500

/**
 * The rows that were printed above the typed line, as far as it is certain that they are still on
 * the screen.
 */
export class PrintedRows {
  readonly #rows: { readonly key: string | undefined; readonly count: number; readonly width: number }[] = []
  /** The rows above the drawn ones that are on the screen for certain. */
  #certain = 0

  /** Notes printed rows. @param key names them */
  printed(rows: readonly string[], key?: string): void {
    for (const [at, row] of rows.entries())
      this.#rows.push({ key: at === 0 ? key : undefined, count: rows.length, width: stringWidth(row) })
    if (this.#rows.length > maxRows) this.#rows.splice(0, this.#rows.length - maxRows)
    this.#certain += rows.length
  }

  /** Notes that the screen has room for `room` rows above the drawn ones. */
  drawn(room: number): void {
    this.#certain = Math.max(0, Math.min(this.#certain, room))
  }

  /** Notes another width. A terminal breaks rows that are too long now, so those move. */
  resized(columns: number): void {
    const broken = this.#rows.findLastIndex(({ width }) => width > columns)
    this.#rows.splice(0, broken + 1)
    this.#certain = Math.min(this.#certain, this.#rows.length)
  }

  /** Forgets all rows: the screen was cleared, or another program wrote on it. */
  forget(): void {
    this.#rows.length = 0
    this.#certain = 0
  }

  /**
   * Returns how many rows above the drawn ones the rows with this key begin, and their number.
   * Undefined: they are not on the screen for certain.
   */
  placeOf(key: string): { readonly distance: number; readonly count: number } | undefined {
    const at = this.#rows.findLastIndex((row) => row.key === key)
    const distance = this.#rows.length - at
    const first = this.#rows[at]
    return !first || distance > this.#certain ? undefined : { distance, count: first.count }
  }
}
