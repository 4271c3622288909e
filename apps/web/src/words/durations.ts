const units = [
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const
const yearSeconds = 365 * 24 * 3600

/** Returns a time in the largest unit that has it in whole, such as "4 weeks". */
export function durationWords(seconds: number, language: string): string {
  const [unit, size] =
    seconds > 0 && seconds % yearSeconds === 0
      ? (['year', yearSeconds] as const)
      : (units.find(([, one]) => seconds % one === 0) ?? (['second', 1] as const))
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}
