/** Returns a moment in the words of a language. */
export const moment = (at: number | string, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at))

/** Returns a day in the words of a language. */
export const day = (at: number | string, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'long' }).format(new Date(at))

const units = ['kilobyte', 'megabyte', 'gigabyte'] as const
const step = 1_000

/** Returns a size for people, such as "1.2 MB". */
export function size(bytes: number, language: string): string {
  let [value, at] = [bytes / step, 0]
  while (value >= step && at < units.length - 1) {
    value /= step
    at++
  }
  const style = { style: 'unit', unit: units[at] ?? 'kilobyte', maximumFractionDigits: value < 10 ? 1 : 0 } as const
  return new Intl.NumberFormat(language, style).format(value)
}
