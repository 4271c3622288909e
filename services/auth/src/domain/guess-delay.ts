import { AppError } from '@fastchat/service'

/** Wrong passwords that somebody types without meaning harm. The next ones wait: 1 s, 2 s, 4 s … a minute. */
const firstDelayMs = 1_000
const maxDelayMs = 60_000
/** Who has not tried for this long starts anew. */
const forgottenMs = 15 * 60_000

export type DelayRule = {
  readonly freeTries: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  readonly forgottenMs: number
}

/** Counts tries by key, and says how long the next one has to wait. */
export type TryCounter = {
  /** Counts a try and gives 0, or the milliseconds that it comes too early: such a one is not counted. */
  begin(key: string, rule: DelayRule): Promise<number>
  /** As if it had not been made: nothing came of it. */
  takeBack(key: string): Promise<void>
  /** None of them counts any more. */
  forget(key: string): Promise<void>
}

export type GuessDelay = {
  /**
   * Judges one guess. A try is counted before it is known to be wrong, so that many at a time gain nothing; one that fails with an
   * error was no guess.
   *
   * @throws AppError `rate_limited`
   */
  judge<T>(key: string, guess: () => Promise<T | undefined>): Promise<T | undefined>
}

/** Slows down guessing: after `freeTries` wrong ones each further one waits twice as long, up to a minute. Never a lock-out. */
export function createGuessDelay(counter: TryCounter, freeTries: number): GuessDelay {
  const rule = { freeTries, firstDelayMs, maxDelayMs, forgottenMs }
  return {
    async judge(key, guess) {
      const retryMs = await counter.begin(key, rule)
      if (retryMs > 0) throw new AppError('rate_limited', undefined, { retryMs })
      try {
        const found = await guess()
        if (found !== undefined) await counter.forget(key)
        return found
      } catch (error) {
        await counter.takeBack(key)
        throw error
      }
    },
  }
}

/** How long the one after try number `tries` waits. */
export function delayAfter(tries: number, { freeTries, firstDelayMs: first, maxDelayMs: most }: DelayRule): number {
  return tries < freeTries ? 0 : Math.min(most, first * 2 ** Math.min(tries - freeTries, 30))
}
