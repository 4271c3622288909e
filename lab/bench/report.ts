import type { Machine } from './machine.ts'
import type { Row } from './rows.ts'

export type Report = {
  readonly machine: Machine & { readonly loadAverageAfter: number }
  /** The arguments of the command line. */
  readonly command: string
  readonly rows: readonly Row[]
}

/** Such a measurement is not more exact than three digits. */
const digits = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 3, useGrouping: false })

export const formatFigure = (value: number): string => digits.format(value)

/** The limits that differ from those of an installation. */
const lifted = 'the send rate of a device; for logins also the rate of logins from one address'

export function formatReport({ machine, rows }: Report): string {
  const lines = rows.map((row) => [
    row.name,
    formatFigure(row.ours),
    row.unit,
    formatPeers(row),
    row.target === null ? '' : `${row.target}${verdict(row)}`,
    row.note ?? '',
  ])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)))
  const table = lines.map((line) =>
    line
      .map((cell, column) => (column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  )
  return `
${describeMachine(machine)}
Load average ${machine.loadAverage} before, ${machine.loadAverageAfter} after. Servers, PostgreSQL, Redis and the driver share the machine.
Limits that were lifted: ${lifted}. Everything else as shipped: commit before ack, every check, 32 unacked sends per connection.

${table.join('\n')}`
}

/** Formats the report as Markdown for the documentation. */
export function formatMarkdown({ machine, command, rows }: Report): string {
  const lines = rows.map((row) => {
    const target = row.target === null ? '' : `${row.target}${verdict(row)}`
    return `| ${row.name} | ${formatFigure(row.ours)} ${row.unit} | ${formatPeers(row)} | ${target} |`
  })
  return `\`npm run bench${command === '' ? '' : ` -- ${command}`}\` on ${describeMachine(machine)}

| | ours | others (ours ÷ theirs) | target |
|---|---|---|---|
${lines.join('\n')}
`
}

const describeMachine = ({ cores, cpu, memoryGiB, linux, node, at }: Machine): string =>
  `${cores} × ${cpu}, ${memoryGiB} GiB, Linux ${linux}, Node ${node}, ${at}`

function formatPeers({ peers, ratios }: Row): string {
  // `rowOf` makes both objects with the same keys.
  const names = Object.keys(peers) as (keyof typeof peers)[]
  return names
    .map((name) => {
      const ratio = ratios[name]
      return `${name} ${formatFigure(peers[name]!)}${ratio === undefined ? '' : ` (${formatFigure(ratio)}×)`}`
    })
    .join(', ')
}

const verdict = ({ met }: Row): string => (met === null ? '' : met ? ' ✓' : ' ✗')
