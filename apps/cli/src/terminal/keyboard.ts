import { emitKeypressEvents, type Key } from 'node:readline'
import type { Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { safeText } from '../text/safe-text.ts'

/** One key, or one pasted text: a paste is a single stroke, whatever it holds. */
export type Stroke =
  | { readonly type: 'key'; readonly text: string | undefined; readonly key: Key }
  | { readonly type: 'paste'; readonly text: string }

/** Strokes kept while nothing takes them: far more than a person types ahead. */
const maxKept = 10_000
/** Letters kept of one paste: far more than a message may have, so a longer paste is rejected and never sent in part. */
const maxPasteLetters = 100_000
/** A stopped process that gets no SIGCONT, as without a shell's job control, takes the terminal back after this time. */
const takeBackMs = 200

const bracketedPasteOn = '\u001b[?2004h'
const bracketedPasteOff = '\u001b[?2004l'

/**
 * The keys of a terminal, from opening to closing. The terminal itself echoes nothing, and asks for bracketed paste: it then
 * marks where a paste begins and ends (xterm control sequences, "Bracketed Paste Mode"). Strokes are kept until they are taken.
 *
 * A terminal without bracketed paste sends a paste as keys. They can't be told from typing.
 */
export class Keyboard {
  readonly #stdin: ReadStream
  readonly #terminal: Writable
  readonly #interrupt: () => void
  readonly #strokes: Stroke[] = []
  #take: ((stroke: Stroke) => void) | undefined
  #resumed: () => void = () => {}
  /** The parts of the paste that is arriving. */
  #pasting: string[] | undefined
  #isOpen = false

  /** @param interrupt is called on Ctrl-C while nothing takes keys. */
  constructor(stdin: ReadStream, terminal: Writable, interrupt: () => void) {
    this.#stdin = stdin
    this.#terminal = terminal
    this.#interrupt = interrupt
    emitKeypressEvents(stdin)
    stdin.on('keypress', this.#press)
    this.#open()
  }

  /** Gives strokes to `take`, the kept ones first, until it leaves. @param resumed is called after Ctrl-Z and `fg`. */
  listen(take: (stroke: Stroke) => void, resumed: () => void = () => {}): void {
    this.#take = take
    this.#resumed = resumed
    this.#deliver()
  }

  /** From now on strokes are kept. `take` may call this for itself: the stroke that it has is its last. */
  leave(take: (stroke: Stroke) => void): void {
    if (this.#take !== take) return
    this.#take = undefined
    this.#resumed = () => {}
  }

  /** Drops the kept strokes: they were meant for a question that is not asked now. */
  forget(): void {
    this.#strokes.length = 0
  }

  close(): void {
    this.#stdin.off('keypress', this.#press)
    this.#release()
  }

  readonly #press = (text: string | undefined, key: Key): void => {
    const isInterrupt = key.ctrl === true && key.name === 'c'
    if (isInterrupt && this.#pasting) {
      // A paste that never ends must not keep all that follows.
      this.#pasting = undefined
    } else if (isInterrupt && !this.#take) {
      this.forget()
      this.#interrupt()
    } else if (key.name === 'paste-start') this.#pasting = []
    else if (key.name === 'paste-end') this.#endPaste()
    else if (this.#pasting) {
      if (this.#pasting.length < maxPasteLetters) this.#pasting.push(text ?? '')
    } else if (key.ctrl && key.name === 'z') this.#suspend()
    else this.#keep({ type: 'key', text, key })
  }

  #endPaste(): void {
    const text = safeText((this.#pasting ?? []).join('')).replaceAll('\u{fffd}', '')
    this.#pasting = undefined
    if (text !== '') this.#keep({ type: 'paste', text })
  }

  #keep(stroke: Stroke): void {
    if (this.#strokes.length < maxKept) this.#strokes.push(stroke)
    this.#deliver()
  }

  /** Whoever takes a stroke may stop listening: the rest is kept. */
  #deliver(): void {
    while (this.#take) {
      const stroke = this.#strokes.shift()
      if (!stroke) return
      this.#take(stroke)
    }
  }

  #open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#stdin.setRawMode(true)
    this.#stdin.resume()
    this.#terminal.write(bracketedPasteOn)
    process.on('exit', this.#release)
  }

  readonly #release = (): void => {
    if (!this.#isOpen) return
    this.#isOpen = false
    process.off('exit', this.#release)
    this.#terminal.write(bracketedPasteOff)
    this.#stdin.setRawMode(false)
    this.#stdin.pause()
  }

  /** Ctrl-Z: the whole job stops, as the shell expects. */
  #suspend(): void {
    this.#release()
    const goOn = () => {
      process.off('SIGCONT', goOn)
      clearTimeout(timer)
      this.#open()
      this.#resumed()
    }
    process.on('SIGCONT', goOn)
    const timer = setTimeout(goOn, takeBackMs)
    process.kill(0, 'SIGTSTP')
  }
}
