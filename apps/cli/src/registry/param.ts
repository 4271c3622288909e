import type { Value } from './value.ts'

/** A parameter of a command. With `Given` the command always gets a value. */
export type Param<T = unknown, Given extends boolean = boolean> = {
  readonly kind: 'argument' | 'option'
  readonly value: Value<T>
  /** Whether the parameter is required or has a default. */
  readonly isGiven: Given
  readonly fallback?: T
  readonly does: string
  /** The one letter of an option. */
  readonly short?: string
  /** An option that is true, and false with `--no-NAME`. */
  readonly isNegated?: boolean
  /** An argument that takes all remaining words, or an option that may be given several times. */
  readonly isMany?: boolean
  /** An argument that is read from stdin when it is written as a dash. */
  readonly mayBeStdin?: boolean
  /** An argument with spaces in it: people forget the quotes around it. */
  readonly mayHaveSpaces?: boolean
  /** The candidates that shells complete here. */
  readonly completes?: 'file' | 'folder' | readonly string[]
}
export type Params = Readonly<Record<string, Param>>

type More = Partial<Pick<Param, 'short' | 'isNegated' | 'isMany' | 'mayBeStdin' | 'mayHaveSpaces' | 'completes'>>

/** Makes a required argument. */
export const argument = <T>(value: Value<T>, does: string, more: More = {}): Param<T, true> => ({
  kind: 'argument',
  value,
  does,
  isGiven: true,
  ...more,
})

/** Makes an argument that may be left out. */
export const optional = <T>(value: Value<T>, does: string, more: More = {}): Param<T, false> => ({
  kind: 'argument',
  value,
  does,
  isGiven: false,
  ...more,
})

export const option = <T>(value: Value<T>, does: string, more: More = {}): Param<T, false> => ({
  kind: 'option',
  value,
  does,
  isGiven: false,
  ...more,
})

/** Makes an option with a default. */
export const defaulted = <T>(value: Value<T>, fallback: T, does: string, more: More = {}): Param<T, true> => ({
  kind: 'option',
  value,
  does,
  isGiven: true,
  fallback,
  ...more,
})

export const isRequired = ({ kind, isGiven }: Param): boolean => kind === 'argument' && isGiven

/** Returns a parameter as people write it: TO, --lines. */
export const writtenName = (name: string, { kind, isNegated }: Param): string =>
  kind === 'argument' ? dashed(name).toUpperCase() : `--${isNegated ? 'no-' : ''}${dashed(name)}`

/** Turns a name such as messageId into message-id. */
export const dashed = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
