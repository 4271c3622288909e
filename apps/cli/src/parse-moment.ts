import { usageError } from './cli-error.ts'

const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }
const duration = /^(\d{1,6})([smhdw])$/
const date = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?$/
const zoned = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/**
 * Returns the moment that a person wrote, in milliseconds since 1970. It may be how long ago (30m,
 * 2h, 3d), today, yesterday, a date or a time of this machine's zone, or ISO 8601 with a zone.
 * @param name the name of the option, for the error.
 * @throws {CliError} `usage`
 */
export function parseMoment(written: string, name: string, now: Date): number {
  const text = written.trim()
  const [, count, unit = ''] = duration.exec(text) ?? []
  if (count !== undefined) return now.getTime() - Number(count) * (unitMs[unit] ?? 0)
  const dayBegins = (daysAgo: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() - daysAgo).getTime()
  if (text === 'today') return dayBegins(0)
  if (text === 'yesterday') return dayBegins(1)
  const at = zoned.test(text) ? new Date(text) : local(text)
  if (at && !Number.isNaN(at.getTime())) return at.getTime()
  throw usageError(`${name} is a time: 30m, 2h, 3d, today, yesterday, 2026-11-30 or 2026-11-30T18:00`)
}

/** Returns a local date or time. Undefined: it is none, or does not exist, as 2026-02-30. */
function local(text: string): Date | undefined {
  const found = date.exec(text)
  if (!found) return undefined
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0))
  const at = new Date(year, month - 1, day, hour, minute, second)
  return at.getMonth() === month - 1 && hour < 24 && minute < 60 && second < 60 ? at : undefined
}
