import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { TestedCase } from './cases/by-test.ts'
import { nowMs } from './clock.ts'

export type TestedResult = Pick<TestedCase, 'id' | 'title'> & { readonly pass: boolean; readonly seconds: number }

const root = join(import.meta.dirname, '..', '..')

/** Returns a function that runs the tests of a case. Cases with the same tests share one run. */
export function createTestRunner(say: (line: string) => void): (one: TestedCase) => Promise<TestedResult> {
  const runs = new Map<string, Promise<boolean>>()
  return async ({ id, title, tests, env = {} }) => {
    const startedAt = nowMs()
    say(`${id}: ${title} …`)
    const key = JSON.stringify([tests, env])
    const run = runs.get(key) ?? runVitest(tests, env)
    runs.set(key, run)
    return { id, title, pass: await run, seconds: (nowMs() - startedAt) / 1_000 }
  }
}

/**
 * Runs vitest on the files. Its output goes to stderr, for people who want to know why; the result
 * goes into the table.
 */
async function runVitest(tests: readonly string[], env: Readonly<Record<string, string>>): Promise<boolean> {
  const child = spawn('vitest', ['run', '--reporter=default', ...tests], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', process.stderr.fd, process.stderr.fd],
  })
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code === 0))
  })
}
