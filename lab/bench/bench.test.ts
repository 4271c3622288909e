import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { percentile } from './percentile.ts'
import { cpuOf } from './proc.ts'
import type { Report } from './report.ts'
import { rowOf } from './rows.ts'

async function bench(...args: string[]) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args])
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exited])
  return { stdout, stderr, code }
}

const small = ['--users', '40', '--members', '6', '--seconds', '1', '--idle', '20', '--idle-all', '40']
const quick = ['--outstanding', '4', '--rounds', '1', '--devices', '20', '--backlog', '5', '--samples', '8']
/** The measurements alone take about 20 s on an idle machine. */
const timeout = 300_000

const report = async (...args: string[]) => {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-bench-'))
  const files = ['report.json', 'chart.svg', 'table.md'].map((name) => join(folder, name))
  const written = ['--json', files[0]!, '--svg', files[1]!, '--markdown', files[2]!]
  const { stdout, stderr, code } = await bench(...small, ...quick, ...args, ...written)
  if (code !== 0) throw new Error(stderr)
  const [json = '', svg, markdown] = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  await rm(folder, { recursive: true })
  return { stdout, svg, markdown, ...(JSON.parse(json) as Report) }
}

test('measures whole stacks beside a peer and reports it as text and as JSON', {
  timeout,
}, async () => {
  const { stdout, svg, markdown, machine, rows } = await report('pairs', '--against', 'socketio')
  expect(machine).toMatchObject({ cores: expect.any(Number), loadAverage: expect.any(Number) })
  const named = (name: string) => rows.find((row) => row.name.includes(name))
  for (const name of [
    'pairs, max rate',
    'CPU of PostgreSQL at max',
    'CPU of pod of the senders',
    'CPU of pod of the receivers',
    'at half: p50 to delivery',
    'at half: p99 to delivery',
  ])
    expect({ name, row: named(name) }).toMatchObject({ name, row: { ours: expect.any(Number) } })
  const { ours = 0, peers, ratios } = named('pairs, max rate') ?? {}
  expect(ratios?.socketio).toBe(ours / (peers?.socketio ?? 0))
  for (const text of [stdout, markdown]) for (const row of rows) expect(text).toContain(row.name)
  expect(svg).toContain('socket.io (stores nothing)')
  expect(named('CPU of all servers at max')?.ours).toBeGreaterThan(named('CPU of PostgreSQL at max')?.ours ?? 0)
})

test('measures a group, idle connections, the append path, logins, and coming back', { timeout }, async () => {
  const { rows } = await report('group', 'idle', 'append', 'logins', 'sync')
  for (const name of [
    'group of 6, max',
    'idle, CPU of all servers to connect',
    'append, rate',
    'logins, rate',
    'sync, until all',
  ])
    expect(rows.find((row) => row.name.startsWith(name))?.ours).toBeGreaterThan(0)
  // With so few connections the figure itself may have any value.
  for (const name of ['idle, growth for a connection', 'idle, held for a connection'])
    expect(rows.find((row) => row.name.startsWith(name))).toMatchObject({ ours: expect.any(Number), unit: 'bytes' })
  expect(rows.find(({ unit }) => unit === 'p')?.ours).toBeLessThanOrEqual(1)
})

test('prints its usage, and rejects unknown cases, peers and options', async () => {
  expect(await bench('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--users N') })
  expect(await bench('--users', '2')).toMatchObject({ code: 1, stderr: expect.stringContaining('--users must be') })
  expect(await bench('--against', 'irc')).toMatchObject({ code: 1, stderr: expect.stringContaining('no peer irc') })
  expect(await bench('speed')).toMatchObject({ code: 1, stderr: expect.stringContaining('there is no case speed') })
})

test('a row says whether its target is met, and nothing when it has no peer to compare with', () => {
  const metric = { name: 'rate', unit: 'msg/s', targets: [{ atLeast: 5 }, { atMost: 2, against: 'ejabberd' }] } as const
  expect(rowOf(metric, 10, { ejabberd: 5 })).toMatchObject({ ratios: { ejabberd: 2 }, met: true })
  expect(rowOf(metric, 11, { ejabberd: 5 })).toMatchObject({ met: false })
  expect(rowOf(metric, 4, {})).toMatchObject({ target: '≥ 5, ≤ 2 × ejabberd', met: false })
  expect(rowOf({ ...metric, targets: metric.targets.slice(1) }, 4)).toMatchObject({ met: null })
})

test('a percentile is the value of the nearest rank', () => {
  const hundred = Float64Array.from({ length: 100 }, (_, n) => 100 - n)
  expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 100])
  expect(percentile(Float64Array.of(7), 0.01)).toBe(7)
})

/**
 * A parent with two children that use 0.3 s of CPU each. The first has ended; the second prints a
 * line and waits.
 */
const burn = 'do for (let n = 0; n < 1e6; n++); while (process.cpuUsage().user < 300_000);'
const parentOfTwo = `const { execFileSync, spawn } = require('node:child_process')
  execFileSync(process.execPath, ['-e', '${burn}'])
  spawn(process.execPath, ['-e', '${burn} console.log("burnt"); process.stdin.resume()'], { stdio: ['pipe', 'inherit', 'inherit'] })`

test('the CPU of a process includes its children, also those that have ended', async () => {
  const parent = spawn(process.execPath, ['-e', parentOfTwo])
  await new Promise((resolve) => parent.stdout.once('data', resolve))
  const { parent: micros } = await cpuOf({ parent: parent.pid! })
  parent.kill('SIGKILL')
  expect(micros).toBeGreaterThan(550_000)
})
