import { maxSharedMessages } from '@fastchat/schema'
import { usageError } from '../cli-error.ts'

/** A kind of value, and how it is read from a command line or from JSON. */
export type Value<T> = {
  /** The placeholder in the help of an option. */
  readonly label: string
  /** Reads a value. @param name its name in the error. @throws {CliError} `usage` */
  read(written: unknown, name: string): T
}

const maxCount = 1_000_000
/** The most lines of a page. All of them are in memory at once. */
const maxLines = 10_000
/** Three weeks in seconds. Timers go little further. */
const maxSeconds = 21 * 24 * 3600

export const flag: Value<boolean> = {
  label: '',
  read(written, name) {
    if (typeof written === 'boolean') return written
    throw usageError(`${name} must be true or false`)
  },
}

/** Makes a string, shown as `<label>` in the help. */
export const text = (label = 'text'): Value<string> => ({
  label,
  read(written, name) {
    if (typeof written === 'string') return written
    throw usageError(`${name} must be a string`)
  },
})

export const texts: Value<readonly string[]> = {
  label: 'texts',
  read(written, name) {
    if (Array.isArray(written) && written.every((one) => typeof one === 'string')) return written
    throw usageError(`${name} must be a list of strings`)
  },
}

/** One or more paths. An option with it may be given several times. */
export const paths: Value<readonly string[]> = {
  label: 'path',
  read: (written, name) => texts.read(typeof written === 'string' ? [written] : written, name),
}

/** Makes a value that is one of a few words. */
export const oneOf = <T extends string>(...words: readonly T[]): Value<T> => ({
  label: words.join('|'),
  read(written, name) {
    const found = words.find((word) => word === written)
    if (found !== undefined) return found
    throw usageError(`${name} must be one of: ${words.join(', ')}`)
  },
})

const whole = (label: string, least: number, most: number): Value<number> => ({
  label,
  read(written, name) {
    const value = numberOf(written)
    if (Number.isSafeInteger(value) && value >= least && value <= most) return value
    throw usageError(`${name} must be a whole number from ${least} to ${most}`)
  },
})

export const count = whole('n', 1, maxCount)
/** The number of past messages that are shared. */
export const sharedCount = whole('n', 1, maxSharedMessages)
export const lineCount = whole('count', 1, maxLines)
/** The position of a line in a conversation. */
export const position = whole('seq', 0, Number.MAX_SAFE_INTEGER)

export const seconds: Value<number> = {
  label: 'seconds',
  read(written, name) {
    const value = numberOf(written)
    if (value >= 0 && value <= maxSeconds) return value
    throw usageError(`${name} must be a number of seconds, at most ${maxSeconds}`)
  },
}

function numberOf(written: unknown): number {
  if (typeof written === 'string') return written.trim() === '' ? Number.NaN : Number(written)
  return typeof written === 'number' ? written : Number.NaN
}
