const units = [
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Returns a time in its largest whole unit, such as "2 days" or "2 Tage". */
export function timeSpan(seconds: number, language: string): string {
  const [unit, length] = units.find(([, size]) => seconds % size === 0 && seconds >= size) ?? units[4]
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / length)
}
