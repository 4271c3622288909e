import type { CaseResult } from './run-case.ts'

/** For people. */
export function describe(seed: number, results: readonly CaseResult[]): string {
  const ms = (value: number | undefined) => (value === undefined ? '–' : String(Math.round(value)))
  const rows = results.map((one) => [
    one.id,
    one.title,
    String(one.acked),
    String(one.lost),
    String(one.doubled),
    String(one.reordered),
    String(one.undecryptable),
    `${ms(one.healMsP50)}/${ms(one.healMsMax)}`,
    one.pass ? 'pass' : 'FAIL',
  ])
  const head = ['case', '', 'acked', 'lost', 'doubled', 'reordered', 'undecryptable', 'heal ms p50/max', 'verdict']
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, n) => (n < 2 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join('  ')
  return [line(head), ...rows.map(line), `seed ${seed}`].join('\n')
}

/** For programs: what `--json` writes. */
export function toJson(seed: number, machine: object, results: readonly CaseResult[]): object {
  return {
    seed,
    machine,
    cases: results.map(({ id, acked, lost, doubled, reordered, undecryptable, healMsP50, healMsMax, pass }) => ({
      case: id,
      acked,
      lost,
      doubled,
      reordered,
      undecryptable,
      healMsP50: healMsP50 ?? null,
      healMsMax: healMsMax ?? null,
      pass,
    })),
  }
}
