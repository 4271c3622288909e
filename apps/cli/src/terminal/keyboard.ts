import { emitKeypressEvents, type Key } from 'node:readline'
import { PassThrough, type Writable } from 'node:stream'
import type { ReadStream } from 'node:tty'
import { safeText } from '../text/safe-text.ts'
import { Suspension } from './suspension.ts'
import { TerminalAnswers } from './terminal-answers.ts'

/** One key, or one pasted text: a paste is a single stroke, however long it is. */
export type Stroke =
  | { readonly type: 'key'; readonly text: string | undefined; readonly key: Key }
  | { readonly type: 'paste'; readonly text: string }

/** A program that takes strokes. */
export type Listener = {
  take(stroke: Stroke): void
  /** Called before the process stops, as after Ctrl-Z: erases what it has drawn. */
  suspend?(): void
  /** Called when the process goes on, as after `fg`: draws again. */
  resume?(): void
}

/** Strokes kept while nothing takes them: far more than a person types ahead. */
const maxKept = 10_000
/**
 * Letters kept of one paste. That is far more than a message may have, so a longer paste is
 * rejected and never sent in part.
 */
const maxPasteLetters = 100_000

const bracketedPasteOn = '\u001b[?2004h'
const bracketedPasteOff = '\u001b[?2004l'
/** The terminal tells when its window gets or loses the focus (xterm control sequences, 1004). */
const [focusOn, focusOff] = ['\u001b[?1004h', '\u001b[?1004l']
const focusKeys: Readonly<Record<string, boolean>> = { '\u001b[I': true, '\u001b[O': false }

/**
 * The keys of a terminal, from opening to closing. The terminal echoes nothing meanwhile. It marks
 * where a paste begins and ends (xterm control sequences, "Bracketed Paste Mode"). Strokes are kept
 * until they are taken.
 *
 * A terminal without bracketed paste sends a paste as keys. They can't be told from typing.
 */
export class Keyboard {
  readonly #stdin: ReadStream
  readonly #terminal: Writable
  readonly #interrupt: () => void
  readonly #strokes: Stroke[] = []
  readonly #suspension: Suspension
  #listener: Listener | undefined
  /** The parts of the paste that is arriving. */
  #pasting: string[] | undefined
  #isOpen = false
  #onFocus: ((isFocused: boolean) => void) | undefined
  readonly #answers = new TerminalAnswers()
  /** The bytes of the terminal without its answers. */
  readonly #keys = new PassThrough()

  /** @param interrupt is called on Ctrl-C while nothing takes keys. */
  constructor(stdin: ReadStream, terminal: Writable, interrupt: () => void) {
    this.#stdin = stdin
    this.#terminal = terminal
    this.#interrupt = interrupt
    this.#suspension = new Suspension({ stop: () => this.#stop(), goOn: () => this.#goOn() })
    emitKeypressEvents(this.#keys)
    this.#keys.on('keypress', this.#press)
    stdin.on('data', this.#read)
    this.#open()
  }

  /** Gives strokes to `listener`, the kept ones first, until it leaves. */
  listen(listener: Listener): void {
    this.#listener = listener
    this.#deliver()
  }

  /**
   * Keeps strokes from now on. A listener may leave while it takes a stroke, which is then its
   * last.
   */
  leave(listener: Listener): void {
    if (this.#listener === listener) this.#listener = undefined
  }

  /** Drops the kept strokes: they were meant for a question that is not asked now. */
  forget(): void {
    this.#strokes.length = 0
  }

  /** Calls `listen` when the window gets or loses the focus. Some terminals never tell. */
  onFocus(listen: (isFocused: boolean) => void): void {
    this.#onFocus = listen
    if (this.#isOpen) this.#terminal.write(focusOn)
  }

  /**
   * Asks the terminal. Resolves with its answers when the last one is there, or after `limitMs`.
   * Typed keys stay keys.
   * @param question codes to which the terminal answers
   */
  async query(question: string, isLast: (answer: string) => boolean, limitMs: number): Promise<readonly string[]> {
    const found: string[] = []
    const done = Promise.withResolvers<void>()
    this.#answers.expect((one) => {
      found.push(one)
      if (isLast(one)) done.resolve()
    })
    const timer = setTimeout(done.resolve, limitMs)
    this.#terminal.write(question)
    await done.promise
    clearTimeout(timer)
    this.#answers.expect(undefined)
    this.#type(this.#answers.release())
    return found
  }

  close(): void {
    this.#stdin.off('data', this.#read)
    this.#keys.off('keypress', this.#press)
    this.#suspension.close()
    this.#release()
  }

  readonly #read = (bytes: Buffer): void => this.#type(this.#answers.take(bytes.toString('latin1')))

  /** @param text bytes as letters of Latin-1 */
  #type(text: string): void {
    if (text !== '') this.#keys.write(Buffer.from(text, 'latin1'))
  }

  readonly #press = (text: string | undefined, key: Key): void => {
    const isInterrupt = key.ctrl === true && key.name === 'c'
    const isFocused = this.#onFocus && focusKeys[key.sequence ?? '']
    if (isFocused !== undefined) this.#onFocus?.(isFocused)
    else if (isInterrupt && this.#pasting) {
      // A paste that never ends would otherwise keep all keys after it.
      this.#pasting = undefined
    } else if (isInterrupt && !this.#listener) {
      this.forget()
      this.#interrupt()
    } else if (key.name === 'paste-start') this.#pasting = []
    else if (key.name === 'paste-end') this.#endPaste()
    else if (this.#pasting) {
      if (this.#pasting.length < maxPasteLetters) this.#pasting.push(text ?? '')
    } else if (key.ctrl && key.name === 'z') this.#suspension.suspendJob()
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

  /**
   * Delivers the kept strokes while something listens. A listener that leaves gets no more of them.
   */
  #deliver(): void {
    while (this.#listener) {
      const stroke = this.#strokes.shift()
      if (!stroke) return
      this.#listener.take(stroke)
    }
  }

  #stop(): void {
    this.#listener?.suspend?.()
    this.#release()
  }

  #goOn(): void {
    // The shell may have set another mode since, which Node does not know of.
    this.#release()
    this.#open()
    this.#listener?.resume?.()
  }

  #open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#stdin.setRawMode(true)
    this.#stdin.resume()
    this.#terminal.write(`${bracketedPasteOn}${this.#onFocus ? focusOn : ''}`)
    process.on('exit', this.#release)
  }

  readonly #release = (): void => {
    if (!this.#isOpen) return
    this.#isOpen = false
    process.off('exit', this.#release)
    this.#terminal.write(`${bracketedPasteOff}${this.#onFocus ? focusOff : ''}`)
    this.#stdin.setRawMode(false)
    this.#stdin.pause()
  }
}
