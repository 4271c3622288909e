const form = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/i
const daysOfMonth = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Returns whether a text is a time of RFC 3339. A leap second is none: our services send none. */
export function isDateTime(text: string): boolean {
  const match = form.exec(text)
  if (!match) return false
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number)
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = month === 2 && !isLeapYear ? 28 : (daysOfMonth[month] ?? 0)
  return day >= 1 && day <= days && hour <= 23 && minute <= 59 && second <= 59
}
