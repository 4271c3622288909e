import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import startStores from '@fastchat/testkit/global-setup'
import { readMachine } from '../bench/machine.ts'
import { type TestedCase, testedCases } from './cases/by-test.ts'
import { soak } from './cases/f-40-soak.ts'
import { cases, shortSoakMinutes } from './cases/index.ts'
import type { FaultCase } from './fault-case.ts'
import { type RunOptions, runCase } from './run-case.ts'
import { createTestRunner } from './run-tests.ts'
import { describe, type Result, toJson } from './table.ts'

const usage = `npm run faults [-- CASE… OPTION…]

Injects faults into a FastChat of real processes under load and checks what its clients saw. Some cases need no load: they
are tests. Without CASE, all cases run. The case soak (F-40) injects random faults for a given time:
npm run faults -- soak --minutes 60

  --seed N       repeat the faults of an earlier run (random)
  --minutes M    how long the soak lasts (0.75)
  --per-second N messages per second that the soak's clients send (900 with --minutes)
  --cluster      run the soak on a Redis Cluster of 3 + 3
  --json FILE    also write {seed, machine, cases: [{case, acked, lost, doubled, reordered, undecryptable, alarms, …}]}
  --list         list the cases
  --help

Exit code 1: a case has failed. Its folder is kept, and its path is printed.`

/** The rate of the long soak: a million messages in about 20 minutes. */
const longSoakPerSecond = 900

const all = [...cases, ...testedCases].toSorted(
  (a, b) => Number(a.id < 'F') - Number(b.id < 'F') || (a.id < b.id ? -1 : 1),
)
const isStarred = (one: FaultCase | TestedCase) => 'isStarred' in one && one.isStarred

const say = (line: string) => process.stderr.write(`${line}\n`)

try {
  // Open handles of a case must not keep the process alive.
  process.exit(await main())
} catch (error) {
  say(`faults failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      seed: { type: 'string' },
      minutes: { type: 'string' },
      'per-second': { type: 'string' },
      cluster: { type: 'boolean' },
      json: { type: 'string' },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  if (values.help) return print(usage)
  if (values.list) return print(all.map((one) => `${one.id}${isStarred(one) ? '*' : ' '}  ${one.title}`).join('\n'))
  const named = positionals.length === 0 ? all : positionals.map(find)
  const seed = numberOf('seed', values.seed) ?? Math.floor(Math.random() * 2 ** 31)
  const minutes = numberOf('minutes', values.minutes)
  const perSecond =
    numberOf('per-second', values['per-second']) ?? (minutes === undefined ? undefined : longSoakPerSecond)
  const isOwnSoak = minutes !== undefined || perSecond !== undefined || values.cluster === true
  const long = isOwnSoak ? soak(minutes ?? shortSoakMinutes, { perSecond, hasCluster: values.cluster }) : undefined
  const chosen = named.map((one) => (long && one.id === long.id ? long : one))
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-faults-'))
  say(`seed ${seed}`)
  const stop = await startStores()
  const results: Result[] = []
  const runTests = createTestRunner(say)
  try {
    for (const one of chosen) {
      if ('tests' in one) {
        results.push(await runTests(one))
        continue
      }
      results.push(await judged(one, { seed, folder, say }))
    }
  } finally {
    await stop()
  }
  print(describe(seed, results))
  if (values.json !== undefined)
    await writeFile(values.json, `${JSON.stringify(toJson(seed, readMachine(), results), null, 2)}\n`)
  const isGood = results.every(({ pass }) => pass)
  if (isGood) await rm(folder, { recursive: true, force: true })
  return isGood ? 0 : 1
}

/** Runs a case. A case that throws has failed, and the run goes on with the next one. */
async function judged(one: FaultCase, options: RunOptions): Promise<Result> {
  const startedAt = performance.now()
  try {
    const result = await runCase(one, options)
    for (const { check, message } of result.violations) say(`  ${check}: ${message}`)
    if (!result.pass) say(`  the histories are in ${result.folder}`)
    return result
  } catch (error) {
    say(`  ${error instanceof Error ? error.message : String(error)}`)
    const { id, title } = one
    return { id, title, pass: false, seconds: (performance.now() - startedAt) / 1_000 }
  }
}

function print(text: string): number {
  console.log(text)
  return 0
}

function numberOf(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  const number = Number(value)
  if (!(number > 0)) throw new Error(`--${name} must be a number above 0`)
  return number
}

function find(name: string): FaultCase | TestedCase {
  const id = name === 'soak' ? 'F-40' : name.toUpperCase()
  const found = all.find((one) => one.id === id)
  if (!found) throw new Error(`There is no case ${name}. --list prints all cases.`)
  return found
}
