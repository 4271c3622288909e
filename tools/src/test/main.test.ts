import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, expect, test } from 'vitest'

const program = join(import.meta.dirname, 'main.ts')
const modules = join(import.meta.dirname, '../../../node_modules')

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-tiny-'))
  await symlink(modules, join(folder, 'node_modules'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** Runs `npm test` in a project of these files and returns its exit code and its lines. */
async function runTests(files: Readonly<Record<string, string>>, ...args: string[]) {
  const all = { 'vitest.config.ts': 'export default {}', 'package.json': '{"type":"module"}', ...files }
  for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text)
  // The variables that vitest set for its worker would confuse the inner run.
  const { PATH, HOME } = process.env
  return await new Promise<{ code: number | null; lines: string[] }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', program, ...args],
      { cwd: folder, env: { PATH, HOME, NO_COLOR: '1' } },
      (_, stdout) => resolve({ code: child.exitCode, lines: stdout.trimEnd().split('\n') }),
    )
  })
}

const imports = "import { existsSync, writeFileSync } from 'node:fs'\nimport { afterAll, expect, test } from 'vitest'\n"
const passes = `${imports}test('always passes', () => {})\n`
const failsFirst = `${imports}
test('fails the first time', () => {
  const isFirst = !existsSync('ran')
  writeFileSync('ran', '')
  expect(isFirst).toBe(false)
})\n`
const failsAlways = `${imports}test('always fails', () => expect(1).toBe(2))\n`

test('a test that passes when its file runs again alone is named as flaky and does not fail the run', async () => {
  const { code, lines } = await runTests(
    { 'a.test.js': passes, 'b.test.js': passes + failsFirst.replace(imports, '') },
    '--again',
  )
  expect(lines).toContain('flaky: b.test.js › fails the first time')
  expect(lines.at(-1)).toBe('3 passed, 0 failed')
  expect(code).toBe(0)
})

test('a test that fails twice fails the run', async () => {
  const { code, lines } = await runTests({ 'a.test.js': failsFirst, 'b.test.js': failsAlways }, '--again')
  expect(lines).toContain('flaky: a.test.js › fails the first time')
  expect(lines).toContain('failed: b.test.js › always fails')
  expect(lines.at(-1)).toBe('1 passed, 1 failed')
  expect(code).toBe(1)
})

test('without the option nothing runs again', async () => {
  const { code, lines } = await runTests({ 'a.test.js': failsFirst })
  expect(lines.at(-1)).toBe('0 passed, 1 failed')
  expect(code).toBe(1)
})

test('a hook that fails twice fails the run, though a flaky test is beside it', async () => {
  const badHook = `${failsFirst}afterAll(() => { throw new Error('cannot clean up') })\n`
  const { code, lines } = await runTests({ 'a.test.js': badHook }, '--again')
  expect(lines).toContain('failed: a.test.js › the whole file')
  expect(lines.at(-1)).toBe('1 passed, 1 failed')
  expect(code).toBe(1)
})

test('an error outside any test fails the run, though every failed test passes again', async () => {
  const setup = `export default () => () => { if (!process.argv.includes('--no-file-parallelism')) throw new Error('found') }\n`
  const config = `export default { test: { globalSetup: './setup.js' } }\n`
  const { code, lines } = await runTests(
    { 'vitest.config.ts': config, 'setup.js': setup, 'a.test.js': failsFirst },
    '--again',
  )
  expect(lines).toContain('flaky: a.test.js › fails the first time')
  expect(lines.at(-1)).toBe('1 passed, 1 failed')
  expect(code).toBe(1)
})

test('the end names the slowest files and the CPU time', async () => {
  const { code, lines } = await runTests({ 'a.test.js': passes, 'b.test.js': passes })
  expect(lines.filter((line) => /^ +\d+\.\d s {2}[ab]\.test\.js$/.test(line))).toHaveLength(2)
  if (process.platform === 'linux') expect(lines).toContainEqual(expect.stringMatching(/^\d+\.\d CPU minutes$/))
  expect(lines.at(-1)).toBe('2 passed, 0 failed')
  expect(code).toBe(0)
})
