import { parseArgs } from 'node:util'
import { checkHistory, type Verdict } from './check-history.ts'
import type { HistoryEvent, LogHead, LogRow } from './history.ts'
import { readLines } from './read-lines.ts'
import { checkNames } from './report.ts'

const usage = `node libs/checker/src/main.ts HISTORY… [--log FILE] [--heads FILE] [--heal-bound MS] [--json]

Judges the histories of a run (JSON lines; see the README) by K1–K11. Exit code 1: a check failed.`

try {
  const { values, positionals } = parseArgs({
    options: {
      log: { type: 'string' },
      heads: { type: 'string' },
      'heal-bound': { type: 'string', default: '5000' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
    allowPositionals: true,
  })
  if (values.help || positionals.length === 0) console.log(usage)
  else {
    const verdict = checkHistory(readAll(positionals), {
      ...(values.log !== undefined && { log: readLines<LogRow>(values.log) }),
      ...(values.heads !== undefined && { heads: readLines<LogHead>(values.heads) }),
      healBoundMs: Number(values['heal-bound']),
    })
    console.log(values.json ? JSON.stringify(verdict) : describe(verdict))
    process.exitCode = verdict.pass ? 0 : 1
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 2
}

function* readAll(files: readonly string[]): Generator<HistoryEvent> {
  for (const file of files) yield* readLines<HistoryEvent>(file)
}

function describe(verdict: Verdict): string {
  const ms = (value: number | undefined) => (value === undefined ? '–' : `${Math.round(value)} ms`)
  const { acked, lost, doubled, reordered, undecryptable, alarms, healMsP50, healMsMax, showMsP50, showMsP99 } = verdict
  return [
    `acked ${acked}, lost ${lost}, doubled ${doubled}, reordered ${reordered}, undecryptable ${undecryptable}, alarms ${alarms}`,
    `healed within ${ms(healMsP50)} (p50), ${ms(healMsMax)} (max); shown after ${ms(showMsP50)} (p50), ${ms(showMsP99)} (p99)`,
    checkNames.map((name) => `${name} ${verdict.counts[name]}`).join('  '),
    ...verdict.violations.map(({ check, message }) => `${check}: ${message}`),
    verdict.pass ? 'pass' : 'FAIL',
  ].join('\n')
}
