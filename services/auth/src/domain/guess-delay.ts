import { AppError } from '@fastchat/service'

/** After the free tries, the waits between wrong passwords are 1 s, 2 s, 4 s … up to a minute. */
const firstDelayMs = 1_000
const maxDelayMs = 60_000
/** After this time without a try, the count starts at zero. */
const forgottenMs = 15 * 60_000

export type DelayRule = {
  readonly freeTries: number
  readonly firstDelayMs: number
  readonly maxDelayMs: number
  readonly forgottenMs: number
}

/** Counts tries by key and tells how long the next one must wait. */
export type TryCounter = {
  /**
   * Counts a try and returns 0. A try that comes too early is not counted; it returns how many
   * milliseconds it is too early.
   */
  begin(key: string, rule: DelayRule): Promise<number>
  /** Uncounts the last try, because it failed without a verdict. */
  takeBack(key: string): Promise<void>
  /** Clears the count of this key. */
  forget(key: string): Promise<void>
}

export type GuessDelay = {
  /**
   * Runs one guess; `undefined` from `guess` means that it was wrong. The try is counted before it
   * runs, so parallel tries gain nothing. A guess that throws does not count.
   *
   * @throws AppError `rate_limited`
   */
  attempt<T>(key: string, guess: () => Promise<T | undefined>): Promise<T | undefined>
}

/**
 * Slows down password guessing. After `freeTries` wrong passwords, each further one doubles the
 * wait, up to a minute. An account is never locked.
 */
export function createGuessDelay(counter: TryCounter, freeTries: number): GuessDelay {
  const rule = { freeTries, firstDelayMs, maxDelayMs, forgottenMs }
  return {
    async attempt(key, guess) {
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

/** Returns how long the try after try number `tries` must wait. */
export function delayAfter(tries: number, { freeTries, firstDelayMs: first, maxDelayMs: most }: DelayRule): number {
  return tries < freeTries ? 0 : Math.min(most, first * 2 ** Math.min(tries - freeTries, 30))
}
