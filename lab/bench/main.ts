import { readFile, writeFile } from 'node:fs/promises'
// vitest gives the e2e tests the same: one PostgreSQL with the migrated template database.
import startStores from '@fastchat/testkit/global-setup'
import { cases } from './cases/index.ts'
import { drawChart } from './chart.ts'
import { readMachine } from './machine.ts'
import { type Options, readOptions, usage } from './options.ts'
import { formatMarkdown, formatReport, type Report } from './report.ts'
import type { Row } from './rows.ts'

const say = (line: string) => process.stderr.write(`${line}\n`)

const interrupt = interrupts()
try {
  const options = readOptions(process.argv.slice(2))
  if (options === 'help') console.log(usage)
  else await run(options, interrupt)
} catch (error) {
  const cause: unknown = interrupt.aborted ? interrupt.reason : error
  say(`bench failed: ${cause instanceof Error ? cause.message : String(cause)}`)
  process.exitCode = 1
}

async function run(options: Options, signal: AbortSignal): Promise<void> {
  const { from, json, svg, markdown } = options
  // This program wrote the file.
  const report =
    from === undefined ? await measure(options, signal) : (JSON.parse(await readFile(from, 'utf8')) as Report)
  console.log(formatReport(report))
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`)
  if (svg !== undefined) await writeFile(svg, drawChart(report))
  if (markdown !== undefined) await writeFile(markdown, formatMarkdown(report))
}

async function measure(options: Options, signal: AbortSignal): Promise<Report> {
  const machine = readMachine()
  say(`${machine.cores} × ${machine.cpu}, Node ${machine.node}, load average ${machine.loadAverage}`)
  if (machine.loadAverage > 1) say('Other programs keep the machine busy, so the figures will be worse than on an idle one.')
  say('Starting PostgreSQL …')
  const stopStores = await startStores()
  try {
    const rows: Row[] = []
    for (const name of options.cases) {
      signal.throwIfAborted()
      rows.push(...(await cases[name]({ options, say, signal })))
    }
    const command = process.argv.slice(2).join(' ')
    return { machine: { ...machine, loadAverageAfter: readMachine().loadAverage }, command, rows }
  } finally {
    await stopStores()
  }
}

/**
 * Returns a signal that a Ctrl-C or a request to end aborts. A Ctrl-C may arrive twice, from the
 * terminal and from npm.
 */
function interrupts(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => controller.abort(new Error(`ended by ${name}`)))
  return controller.signal
}
