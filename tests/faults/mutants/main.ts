import { execFile } from 'node:child_process'
import { parseArgs } from 'node:util'
import { copyCheckout, removeCopy, withMutant } from './copy-checkout.ts'
import { type Mutant, mutants } from './mutants.ts'

const usage = `npm run mutants [-- MUTANT…]

Breaks promises on purpose, one at a time, in a copy of this checkout, and sees the tests fail (K12). Without a name: all.

  --list, --help

Exit code 1: the tests did not notice a mutant.`

/** A mutant may hang a test. */
const timeoutMs = 240_000
/** Of its tests, when nothing is broken in them. */
const failedTests = /Tests .*?(\d+) failed/

const { values, positionals } = parseArgs({
  options: { list: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
})
if (values.help) console.log(usage)
else if (values.list) console.log(mutants.map(({ id, says }) => `${id.padEnd(26)} ${says}`).join('\n'))
else process.exit((await runAll(positionals.length > 0 ? positionals.map(find) : mutants)) ? 0 : 1)

async function runAll(chosen: readonly Mutant[]): Promise<boolean> {
  const folder = await copyCheckout()
  let isGood = true
  try {
    const files = [...new Set(chosen.flatMap(({ caughtBy }) => caughtBy))]
    process.stderr.write('The tests as they are …\n')
    if ((await failuresOf(folder, files)) !== 0) throw new Error('the tests fail without a mutant, too')
    for (const mutant of chosen) {
      const startedAt = performance.now()
      const failures = await withMutant(folder, mutant, () => failuresOf(folder, mutant.caughtBy))
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

/** How many tests of these files fail. A run that hangs, or does not come to its end, counts as one. */
function failuresOf(folder: string, files: readonly string[]): Promise<number> {
  const env = { ...process.env, NO_COLOR: '1' }
  return new Promise((resolve) => {
    const options = { cwd: folder, env, timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 }
    execFile('vitest', ['run', ...files], options, (error, stdout) => {
      if (error === null) resolve(0)
      else resolve(Number(failedTests.exec(stdout)?.[1] ?? 1))
    })
  })
}

function find(name: string): Mutant {
  const found = mutants.find(({ id }) => id === name)
  if (!found) throw new Error(`there is no mutant ${name}; --list has them`)
  return found
}
