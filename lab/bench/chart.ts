import type { Report } from './report.ts'
import { formatFigure } from './report.ts'
import type { RivalName, Row } from './rows.ts'

/**
 * The chart draws the rows whose names contain these texts, in this order, if the report has them.
 */
const drawn = [
  'pairs, max rate',
  'pairs, CPU of all servers at max',
  'pairs, CPU of all servers at 10000/s',
  'max deliveries',
  'CPU of all servers at 100 msg/s',
  'idle, held for a connection',
]
/** Names of the systems, with the difference that a reader must know to compare them. */
const labels: Readonly<Record<string, string>> = {
  socketio: 'socket.io (stores nothing)',
  ejabberd: 'ejabberd (archives)',
  floor: 'the floor (stores, no more)',
  bare: 'bare @fastify/websocket',
}
const width = 760
const nameWidth = 190
const valueWidth = 150
const barHeight = 18
const titleHeight = 34
const gap = 14

/**
 * Draws bars for the figures that peers have, too: ours in colour, theirs in grey. Each group has
 * its own scale. The picture follows the reader's light or dark theme.
 */
export function drawChart({ rows, machine }: Report): string {
  let y = 46
  const groups = drawn
    .flatMap((name) => rows.filter((row) => row.name.includes(name)).slice(-1))
    .map((row) => {
      const group = drawGroup(row, y)
      y += group.height + gap
      return group.svg
    })
  const where = `${machine.cores} × ${machine.cpu}, Node ${machine.node}, ${machine.at.slice(0, 10)}`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img">
<title>FastChat and others, measured in one run</title>
<style>
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 } .small { font-size: 11px; fill: #59636e }
.ours { fill: #2f6fde } .theirs { fill: #b3bac2 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .small { fill: #9198a1 } .ours { fill: #6ea0ff } .theirs { fill: #59636e } }
</style>
<text class="small" x="0" y="16">${escapeText(where)}. Servers, stores and the driver share the machine.</text>
${groups.join('\n')}
</svg>
`
}

function drawGroup(
  { name: title, unit, ours, peers }: Row,
  y: number,
): { readonly svg: string; readonly height: number } {
  // `rowOf` made this object, with these keys only.
  const others = Object.entries(peers) as [RivalName, number][]
  const bars: (readonly [string, number])[] = [['FastChat', ours], ...others]
  const most = Math.max(...bars.map(([, value]) => value))
  const lines = bars.map(([name, value], n) => {
    const top = y + titleHeight - 12 + n * (barHeight + 4)
    const length = Math.max(1, ((width - nameWidth - valueWidth) * value) / most)
    const kind = n === 0 ? 'ours' : 'theirs'
    return `<text x="0" y="${top + 13}">${labels[name] ?? name}</text><rect class="${kind}" x="${nameWidth}" y="${top}" width="${length.toFixed(1)}" height="${barHeight}" rx="3"/><text x="${(nameWidth + length + 8).toFixed(1)}" y="${top + 13}">${formatFigure(value)} ${unit}</text>`
  })
  const svg = `<text class="title" x="0" y="${y + 8}">${escapeText(title)}</text>\n${lines.join('\n')}`
  return { svg, height: titleHeight + bars.length * (barHeight + 4) - 8 }
}

const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
