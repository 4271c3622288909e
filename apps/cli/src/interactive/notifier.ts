import { spawn } from 'node:child_process'
import type { Clock, MonotonicMs } from '@fastchat/clock'
import { safeName } from '../text/safe-text.ts'

/** The time between two runs of the command. Messages in between are told together. */
const pauseMs = 2_000
/** A command that runs longer is ended. */
const limitMs = 10_000
/** The letters of a message that the command gets. */
const maxTextLetters = 200

/** A message that a person should know of. */
export type News = { readonly from: string; readonly chat: string; readonly text?: string }

type Options = {
  /** A line for the shell. */
  readonly command: string
  /** Whether the command gets the beginning of the message. */
  readonly withText: boolean
  readonly clock: Pick<Clock, 'monotonicMs'>
  /** The environment of this program. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Tells what is wrong with the command. Called once. */
  tell(words: string): void
}

/**
 * Runs a command of this person for incoming messages: one at a time, and not too often. What
 * others write reaches it only as the values of variables, so the shell never reads it as a part of
 * the command.
 */
export class Notifier {
  readonly #options: Options
  #waiting: { readonly last: News; readonly count: number } | undefined
  #isRunning = false
  #isTold = false
  #ranAt: MonotonicMs | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  readonly #closing = new AbortController()

  constructor(options: Options) {
    this.#options = options
  }

  /** Notes a message. Several that come at once are told by one run, with their number. */
  message(news: News): void {
    this.#waiting = { last: news, count: (this.#waiting?.count ?? 0) + 1 }
    this.#plan()
  }

  close(): void {
    this.#closing.abort()
    clearTimeout(this.#timer)
  }

  #plan(): void {
    if (this.#isRunning || !this.#waiting || this.#closing.signal.aborted) return
    clearTimeout(this.#timer)
    const now = this.#options.clock.monotonicMs()
    const restMs = this.#ranAt === undefined ? 0 : this.#ranAt + pauseMs - now
    if (restMs > 0) this.#timer = setTimeout(() => this.#run(), restMs)
    else this.#run()
  }

  #run(): void {
    if (!this.#waiting) return
    const { last, count } = this.#waiting
    this.#waiting = undefined
    this.#isRunning = true
    this.#ranAt = this.#options.clock.monotonicMs()
    const child = spawn('/bin/sh', ['-c', this.#options.command], {
      env: this.#environment(last, count),
      stdio: 'ignore',
      timeout: limitMs,
      killSignal: 'SIGKILL',
      signal: this.#closing.signal,
    })
    let isOver = false
    const over = (words?: string) => {
      if (isOver) return
      isOver = true
      this.#isRunning = false
      if (words !== undefined) this.#tellOnce(words)
      this.#plan()
    }
    child.on('error', () => over('could not be started'))
    child.on('close', (code, signal) => {
      if (code === 0) over()
      else
        over(signal === 'SIGKILL' ? `took longer than ${limitMs / 1_000} s and was ended` : `failed with code ${code}`)
    })
  }

  #environment({ from, chat, text }: News, count: number): Record<string, string | undefined> {
    const { env, withText } = this.#options
    // Passwords and recovery keys are no business of the command.
    const others = Object.entries(env).filter(([name]) => !name.startsWith('FASTCHAT_'))
    const letters = Array.from(safeName(text ?? ''))
      .slice(0, maxTextLetters)
      .join('')
    return {
      ...Object.fromEntries(others),
      FASTCHAT_FROM: safeName(from),
      FASTCHAT_CHAT: safeName(chat),
      FASTCHAT_COUNT: String(count),
      ...(withText && { FASTCHAT_TEXT: letters }),
    }
  }

  #tellOnce(words: string): void {
    if (this.#isTold || this.#closing.signal.aborted) return
    this.#isTold = true
    this.#options.tell(`The command of --notify-cmd ${words}. Try it in a shell; further errors of it are not told`)
  }
}
