import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cloneCheckout } from './clone-checkout.ts'
import { cpuMinutes } from './cpu-minutes.ts'
import { judgeRuns } from './judge-runs.ts'
import { failedFiles, slowestFiles } from './run-report.ts'
import { runVitest } from './run-vitest.ts'

/**
 * `npm test [-- --again] [-- FILE…]` runs vitest over all tests, or over those in the files.
 *
 * With `--again`, the files in which something failed run once more, one after another with nothing
 * beside them. A test that passes then is shown as flaky instead of failed. The last line is
 * `N passed, N failed`, which `.ci/run` reads. A file that cannot be loaded counts as one failed
 * test.
 */
const args = process.argv.slice(2)
const filters = args.filter((arg) => arg !== '--again')
const folder = await mkdtemp(join(tmpdir(), 'fastchat-report-'))
// vitest takes the paths of files for URLs, in which these characters mean something else.
const clone = /[%#?]/.test(process.cwd()) ? await cloneCheckout('fastchat') : undefined
const cwd = clone?.path ?? process.cwd()
const env = {
  ...process.env,
  // The tests start hundreds of programs, which would compile the same sources each time.
  NODE_COMPILE_CACHE: join(folder, 'compile-cache'),
  // With another value, libraries leave out code that tests look at.
  NODE_ENV: 'test',
  PATH: `${join(cwd, 'node_modules', '.bin')}:${process.env.PATH}`,
}
if (clone) console.log(`Testing a copy in ${cwd}: vitest cannot run in a folder with %, # or ? in its name`)

const reporter = join(clone ? join(clone.path, 'tools', 'src', 'test') : import.meta.dirname, 'reporter.ts')
const run = { cwd, env, reporter, reportFile: join(folder, 'report.json') }
const { code, report: first } = await runVitest(filters, run)
// Another code than 1 means that vitest was stopped.
const files = first && code === 1 && args.includes('--again') ? failedFiles(first) : []
if (files.length > 0) console.log(`\nRunning once more, one after another: ${files.join(', ')}`)
const again = files.length > 0 ? await runVitest(['--no-file-parallelism', ...files], run) : undefined
await rm(folder, { recursive: true, force: true })
await clone?.remove()

const verdict = first && judgeRuns(first, again?.report)
const slowest = first ? slowestFiles(first, 10) : []
if (slowest.length > 1) console.log('\nThe slowest files:')
for (const { file, seconds } of slowest) console.log(`${seconds.toFixed(1).padStart(7)} s  ${file}`)
const minutes = cpuMinutes()
if (minutes !== undefined) console.log(`\n${minutes.toFixed(1)} CPU minutes`)
for (const name of verdict?.failed ?? []) console.log(`failed: ${name}`)
const flaky = verdict?.flaky ?? []
if (flaky.length > 0) console.log(`\n${flaky.length} FLAKY: failed in one run and passed in the other. Mend them.`)
for (const name of flaky) console.log(`flaky: ${name}`)

// vitest that ends without a report, or with an error outside any test, counts as one failed test.
const isBroken =
  !verdict || verdict.otherErrors > 0 || (code !== 0 && files.length === 0 && verdict.failed.length === 0)
const failed = (verdict?.failed.length ?? 0) + (isBroken ? 1 : 0)
console.log(`${verdict?.passed ?? 0} passed, ${failed} failed`)
process.exitCode = failed > 0 ? Math.max(code, 1) : 0
