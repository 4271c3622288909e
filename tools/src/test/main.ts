import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloneCheckout } from './clone-checkout.ts'

/**
 * Runs vitest for `npm test [-- file or filter]`. The last line is `N passed, N failed`, which the
 * CI reads. A test file that can't be loaded counts as one failed test.
 */
const folder = await mkdtemp(join(tmpdir(), 'fastchat-report-'))
const reportFile = join(folder, 'report.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
// The tests start hundreds of programs, which would otherwise compile the same sources each time.
const NODE_COMPILE_CACHE = join(folder, 'compile-cache')
// vitest treats file paths as URLs, in which these characters have a meaning.
const clone = /[%#?]/.test(process.cwd()) ? await cloneCheckout('fastchat') : undefined
const cwd = clone?.path ?? process.cwd()
const PATH = `${join(cwd, 'node_modules', '.bin')}:${process.env.PATH}`
// With `production`, libraries would leave out what tests look at.
const env = { ...process.env, NODE_COMPILE_CACHE, NODE_ENV: 'test', PATH }
if (clone) console.log(`Testing a copy in ${cwd}: vitest can't run in a folder with %, # or ? in its name`)
const vitest = spawn('vitest', ['run', ...reporters, ...process.argv.slice(2)], { stdio: 'inherit', env, cwd })
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => vitest.kill(signal))
const code = await new Promise<number>((resolve) => vitest.on('close', (status) => resolve(status ?? 1)))
const { passed, failed } = await readReport()
await rm(folder, { recursive: true, force: true })
await clone?.remove()
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = code === 0 && failed > 0 ? 1 : code

/**
 * Reads the counts of the report. An error outside any test fails the run without a failed test.
 */
async function readReport(): Promise<{ passed: number; failed: number }> {
  const text = await readFile(reportFile, 'utf8').catch(() => '')
  if (text === '') return { passed: 0, failed: 1 }
  // The file is vitest's JSON report.
  const report = JSON.parse(text) as Report
  const unloadable = report.testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0)
  const failed = report.numFailedTests + unloadable.length
  return { passed: report.numPassedTests, failed: failed === 0 && code !== 0 ? 1 : failed }
}

type Report = {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[]
}
