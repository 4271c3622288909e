import type { Figures } from './check.ts'

export type Result = {
  readonly name: string
  readonly title: string
  readonly seconds: number
  readonly figures: Figures
  /** The reason why the check has failed. */
  readonly error?: string
}

/** Formats the results for people. */
export function describe(results: readonly Result[]): string {
  const width = Math.max(0, ...results.map(({ name }) => name.length))
  const lines = results.flatMap(({ name, title, seconds, figures, error }) => {
    const said = Object.entries(figures).map(([what, value]) => `${what} ${value}`)
    return [
      `${error === undefined ? 'pass' : 'FAIL'}  ${name.padEnd(width)}  ${seconds.toFixed(1).padStart(6)} s  ${title}`,
      ...[error ?? said.join(', ')].filter(Boolean).map((line) => `${' '.repeat(width + 18)}${line}`),
    ]
  })
  const failed = results.filter(({ error }) => error !== undefined).length
  return [...lines, `${results.length - failed} passed, ${failed} failed`].join('\n')
}

/** Returns the results as `--json` writes them. */
export function toJson(machine: object, results: readonly Result[]): object {
  const checks = results.map(({ name, seconds, figures, error }) => ({
    check: name,
    pass: error === undefined,
    seconds: Math.round(seconds * 10) / 10,
    figures,
    ...(error !== undefined && { error }),
  }))
  return { machine, checks }
}
