import { usageError } from '../cli-error.ts'

const units = { s: 1, m: 60, h: 3600, d: 24 * 3600, w: 7 * 24 * 3600, y: 365 * 24 * 3600 } as const
const words = { s: 'second', m: 'minute', h: 'hour', d: 'day', w: 'week', y: 'year' } as const
type Unit = keyof typeof units

/**
 * Returns a duration in seconds, from words such as 30s, 5m, 1h, 7d, 4w, 1y, or off for 0.
 *
 * @throws {CliError} `usage`
 */
export function parseDuration(written: string): number {
  if (written === 'off') return 0
  const [, count, unit] = /^(\d{1,9})([smhdwy])$/.exec(written.trim().toLowerCase()) ?? []
  if (count === undefined) throw usageError(`"${written}" is not a time: write 30s, 5m, 1h, 7d, 4w, 1y, or off`)
  return Number(count) * units[unit as Unit]
}

/** Returns a duration in words, in the largest unit that divides it. */
export function formatDuration(seconds: number): string {
  const unit = (Object.keys(units) as Unit[]).findLast((one) => seconds % units[one] === 0) ?? 's'
  const count = seconds / units[unit]
  return `${count} ${words[unit]}${count === 1 ? '' : 's'}`
}
