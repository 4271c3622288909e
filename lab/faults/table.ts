import type { CaseResult } from './run-case.ts'
import type { TestedResult } from './run-tests.ts'

export type Result = CaseResult | TestedResult

/** Formats the results as a table for people. */
export function describe(seed: number, results: readonly Result[]): string {
  const rows = results.map((one) => [one.id, one.title, ...figures(one), one.pass ? 'pass' : 'FAIL'])
  const head = [
    'case',
    '',
    'acked',
    'lost',
    'doubled',
    'reordered',
    'undecryptable',
    'alarms',
    'heal ms p50/max',
    'verdict',
  ]
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    row.map((cell, n) => (n < 2 ? cell.padEnd(widths[n] ?? 0) : cell.padStart(widths[n] ?? 0))).join('  ')
  return [line(head), ...rows.map(line), `seed ${seed}`].join('\n')
}

/** Returns the figures of a case. Cases that are tests have none. */
function figures(one: Result): string[] {
  if (!('acked' in one)) return Array.from({ length: 7 }, () => '–')
  const { acked, lost, doubled, reordered, undecryptable, alarms, healMsP50, healMsMax } = one
  const ms = (value: number | undefined) => (value === undefined ? '–' : String(Math.round(value)))
  const counts = [acked, lost, doubled, reordered, undecryptable, alarms].map(String)
  return [...counts, `${ms(healMsP50)}/${ms(healMsMax)}`]
}

/** Returns the results as `--json` writes them; `null` stands for a figure that was not counted. */
export function toJson(seed: number, machine: object, results: readonly Result[]): object {
  return { seed, machine, cases: results.map(toRow) }
}

function toRow(one: Result): object {
  const { acked, lost, doubled, reordered, undecryptable, alarms, healMsP50, healMsMax } =
    'acked' in one ? one : unknown
  return {
    case: one.id,
    acked,
    lost,
    doubled,
    reordered,
    undecryptable,
    alarms,
    healMsP50: healMsP50 ?? null,
    healMsMax: healMsMax ?? null,
    pass: one.pass,
  }
}

const unknown = {
  acked: null,
  lost: null,
  doubled: null,
  reordered: null,
  undecryptable: null,
  alarms: null,
  healMsP50: null,
  healMsMax: null,
}
