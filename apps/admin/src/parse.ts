import { usernameOf } from '@fastchat/schema'
import { InvalidArgumentError } from 'commander'

const units: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 }

/** Parses a size like `500MiB` into bytes. @throws InvalidArgumentError */
export function parseBytes(written: string): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})\s?([KMGT]iB)?$/.exec(written) ?? []
  if (digits === '') throw new InvalidArgumentError('It must be a size such as 500MiB, or bytes.')
  return Number(digits) * (units[unit] ?? 1)
}

/**
 * Returns the canonical form of a username. An invalid name stays as it is, since no user has it.
 */
export const usernameIn = (written: string): string => usernameOf(written) ?? written

/** Formats bytes for people. */
export function formatBytes(bytes: number): string {
  const [unit, size] = Object.entries(units).findLast(([, least]) => bytes >= least) ?? ['', 1]
  return unit === '' ? `${bytes} B` : `${(bytes / size).toFixed(1)} ${unit}`
}

/** Returns a parser of whole numbers in a range. */
export const wholeNumber =
  (least: number, most: number) =>
  (written: string): number => {
    const value = Number(written)
    if (/^\d+$/.test(written) && value >= least && value <= most) return value
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`)
  }
