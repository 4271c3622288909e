import { execFile } from 'node:child_process'
import { parseArgs } from 'node:util'
import { copyCheckout, removeCopy, withMutant } from './copy-checkout.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

const usage = `npm run mutants [-- MUTANT…]

Breaks one promise at a time in a copy of this checkout, and checks that tests fail (K12). Without MUTANT, all run.

  --list, --help

Exit code 1: no test failed for a mutant.`

/** The time limit of a run, since a mutant may hang a test. */
const timeoutMs = 240_000
const failedTests = /Tests .*?(\d+) failed/
const failedTest = /^ FAIL .*/gm

type Run = { readonly failures: number; readonly failed: readonly string[] }

try {
  process.exit((await main()) ? 0 : 1)
} catch (error) {
  process.stderr.write(`mutants failed: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(1)
}

async function main(): Promise<boolean> {
  const { values, positionals } = parseArgs({
    options: { list: { type: 'boolean' }, help: { type: 'boolean' } },
    allowPositionals: true,
  })
  if (!values.help && !values.list) return await runAll(positionals.length > 0 ? positionals.map(find) : mutants)
  console.log(values.help ? usage : mutants.map(({ id, says }) => `${id.padEnd(26)} ${says}`).join('\n'))
  return true
}

async function runAll(chosen: readonly Mutant[]): Promise<boolean> {
  const folder = await copyCheckout()
  let isGood = true
  try {
    const files = [...new Set(chosen.flatMap(({ caughtBy }) => caughtBy))]
    process.stderr.write('Running the tests without a mutant …\n')
    const { failures, failed } = await runTests(folder, files)
    if (failures > 0) throw new Error(`the tests fail without a mutant, too:\n${failed.join('\n')}`)
    for (const mutant of chosen) {
      const startedAt = performance.now()
      const { failures } = await withMutant(folder, mutant, () => runTests(folder, mutant.caughtBy))
      const seconds = ((performance.now() - startedAt) / 1_000).toFixed(0)
      isGood &&= failures > 0
      const verdict = failures > 0 ? 'caught' : 'MISSED'
      console.log(`${verdict}  ${mutant.id.padEnd(26)} ${mutant.says} (${failures} tests, ${seconds} s)`)
    }
  } finally {
    await removeCopy(folder)
  }
  return isGood
}

/**
 * Runs the test files. Returns how many tests failed, and their names. A run that hangs or crashes
 * counts as one failed test.
 */
function runTests(folder: string, files: readonly string[]): Promise<Run> {
  const env = { ...process.env, NO_COLOR: '1' }
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }
    execFile('vitest', ['run', ...files], options, (error, stdout, stderr) => {
      if (error === null) return resolve({ failures: 0, failed: [] })
      const failed = [...new Set(`${stdout}\n${stderr}`.match(failedTest))]
      resolve({ failures: Number(failedTests.exec(stdout)?.[1] ?? 1), failed })
    })
  })
}

function find(name: string): Mutant {
  const found = mutants.find(({ id }) => id === name)
  if (!found) throw new Error(`There is no mutant ${name}. npm run mutants -- --list prints all.`)
  return found
}
