import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'

const root = join(import.meta.dirname, '..', '..')
const page = await readFile(join(root, 'docs', 'protocol.md'), 'utf8')

/**
 * The steps of the page: the commands that a reader pastes into a shell, and the output that the
 * page shows.
 */
const steps = [...page.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\n^```(?:json|text)\n([\s\S]*?)^```$)?/gm)].map(
  ([, commands = '', shown]) => ({ commands, shown }),
)
const shownSteps = steps.flatMap(({ shown }, at) => (shown === undefined ? [] : [{ step: at + 1, shown }]))

/** The line between the outputs of two steps. */
const mark = '--- next step ---'

let stack: Stack
/** The output of each step. */
let printed: readonly string[]

beforeAll(async () => {
  stack = await Stack.start()
  const script = ['set -euo pipefail', ...steps.map(({ commands }) => `${commands}\necho '${mark}'`)].join('\n')
  // The page makes a folder for its files. It lies in the stack's folder, which is removed at the
  // end.
  const env = { ...process.env, FASTCHAT_URL: stack.url, TMPDIR: stack.folder }
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: root, env, timeout: 60_000 })
  printed = stdout.split(`${mark}\n`)
})
afterAll(() => stack?.stop())

test('the page has steps, and all of them run', () => {
  expect(steps.length).toBeGreaterThan(8)
  expect(printed).toHaveLength(steps.length + 1)
})

test.each(shownSteps)('step $step prints what the page shows', ({ step, shown }) => {
  const lines = printed[step - 1]?.split('\n') ?? []
  for (const line of linesOf(shown)) {
    const found = lines.findIndex((candidate) => isLike(candidate, line))
    if (found < 0) expect.fail(`no line like\n  ${line}\nin what is left of\n${lines.join('\n')}`)
    lines.splice(found, 1)
  }
})

/** Returns the lines of an output. An indented line continues the one before. */
const linesOf = (shown: string) => shown.trimEnd().replaceAll(/\n +/g, '').split('\n')

/** Returns true if a line fits a pattern in which `…` stands for any text. */
function isLike(line: string, pattern: string): boolean {
  const [begin = '', ...rest] = pattern.split('…')
  const end = rest.pop()
  if (end === undefined) return line === begin
  let at = line.startsWith(begin) ? begin.length : -1
  for (const part of rest) at = at < 0 ? -1 : endOf(line, part, at)
  return at >= 0 && line.length - end.length >= at && line.endsWith(end)
}

function endOf(line: string, part: string, from: number): number {
  const found = line.indexOf(part, from)
  return found < 0 ? -1 : found + part.length
}
