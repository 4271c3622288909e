import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'

const root = join(import.meta.dirname, '..', '..')
const page = await readFile(join(root, 'docs', 'protocol.md'), 'utf8')

/** What a reader pastes into a shell, and what the page says comes out of it. */
const steps = [...page.matchAll(/^```sh\n([\s\S]*?)^```\n(?:\n^```(?:json|text)\n([\s\S]*?)^```$)?/gm)].map(
  ([, commands = '', shown]) => ({ commands, shown }),
)
const shownSteps = steps.flatMap(({ shown }, at) => (shown === undefined ? [] : [{ step: at + 1, shown }]))

/** Between what the steps print. */
const mark = '--- next step ---'

let stack: Stack
/** What each step printed. */
let printed: readonly string[]

beforeAll(async () => {
  stack = await Stack.start()
  const script = ['set -euo pipefail', ...steps.map(({ commands }) => `${commands}\necho '${mark}'`)].join('\n')
  // The page makes a folder for its files: in the stack's own, so that it goes with it.
  const env = { ...process.env, FASTCHAT_URL: stack.url, TMPDIR: stack.folder }
  const { stdout } = await promisify(execFile)('bash', ['-c', script], { cwd: root, env, timeout: 60_000 })
  printed = stdout.split(`${mark}\n`)
})
afterAll(() => stack?.stop())

test('the page has steps, and runs from its first to its last', () => {
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

/** An indented line goes on with the one before. */
const linesOf = (shown: string) => shown.trimEnd().replaceAll(/\n +/g, '').split('\n')

/** `…` stands for anything. */
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
