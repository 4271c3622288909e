const dayMs = 24 * 3600 * 1000

/** Returns the hour and minute of a time. */
export const clockTime = (at: number, language: string): string =>
  new Date(at).toLocaleTimeString(language, { hour: '2-digit', minute: '2-digit' })

/** Returns the clock for a time of today, and otherwise the day. */
export function shortTime(at: number, language: string, now: number): string {
  if (at === 0) return ''
  return dayOf(at) === dayOf(now)
    ? clockTime(at, language)
    : new Date(at).toLocaleDateString(language, { day: 'numeric', month: 'short' })
}

/** Returns the day of a time, for the pill between two days. */
export function dayWords(
  at: number,
  language: string,
  days: { readonly today: string; readonly yesterday: string },
  now: number,
): string {
  if (dayOf(at) === dayOf(now)) return days.today
  if (dayOf(at) === dayOf(now - dayMs)) return days.yesterday
  return new Date(at).toLocaleDateString(language, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })
}

/** Returns the day of a time as a word to compare. */
export const dayOf = (at: number): string => new Date(at).toDateString()
