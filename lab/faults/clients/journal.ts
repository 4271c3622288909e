import { createHash } from 'node:crypto'
import { openSync, writeSync } from 'node:fs'
import type { HistoryEvent } from '@fastchat/checker'
import { nowMs } from '../clock.ts'

/** An event without the fields that the journal adds. */
type Told<T> = T extends HistoryEvent ? Omit<T, 'at' | 'proc'> : never

/**
 * The part of the history that one process writes. Each write reaches the kernel, so it survives a
 * kill of the process.
 */
export class Journal {
  readonly #file: number
  readonly #proc: string

  constructor(path: string, proc: string) {
    this.#file = openSync(path, 'a')
    this.#proc = proc
  }

  write(...events: Told<HistoryEvent>[]): void {
    const at = nowMs()
    const lines = events.map((event) => `${JSON.stringify({ ...event, at, proc: this.#proc })}\n`)
    writeSync(this.#file, lines.join(''))
  }
}

export const hashOf = (content: string | Uint8Array): string => createHash('sha256').update(content).digest('hex')
