import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..', '..')
/** An installation with another program, which prints how it was started. */
let copy: string
beforeEach(() => {
  copy = mkdtempSync(join(tmpdir(), 'fastchat-launcher-'))
  cpSync(join(root, 'apps', 'cli', 'bin'), join(copy, 'apps', 'cli', 'bin'), { recursive: true })
  mkdirSync(join(copy, 'apps', 'cli', 'src'))
  mkdirSync(join(copy, 'node_modules'))
  for (const name of ['rolldown', 'node'])
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name))
  writeFileSync(join(copy, 'package-lock.json'), '{}')
  mkdirSync(join(copy, 'apps', 'cli', 'src', 'pictures'))
  write('pictures/decode-picture.ts', 'process.exit(8)')
  write('part.ts', 'export const part: string = "first"')
  write(
    'main.ts',
    `import { part } from './part.ts'\nconsole.log(part, ${whereAmI}, process.argv.slice(2).join())\nprocess.exit(7)`,
  )
})
afterEach(() => rmSync(copy, { recursive: true, force: true }))

const whereAmI = "import.meta.url.includes('/bundle-') ? 'bundle' : 'source'"
const write = (name: string, text: string) => writeFileSync(join(copy, 'apps', 'cli', 'src', name), text)
/** A script that makes a process believe that it is an old Node. */
const old = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })`
const launch = (...nodeArgs: string[]) => [...nodeArgs, join(copy, 'apps', 'cli', 'bin', 'fastchat.mjs'), 'one', 'two']
const run = (...nodeArgs: string[]) => {
  const { stdout, stderr, status } = spawnSync(process.execPath, launch(...nodeArgs), { encoding: 'utf8' })
  return { stdout, stderr, status }
}

test('the program runs from a bundle, which is made again when a source has changed', () => {
  expect(run()).toEqual({ stdout: 'first bundle one,two\n', stderr: '', status: 7 })
  const cache = join(copy, 'node_modules', '.cache', 'fastchat')
  const bundles = () => readdirSync(cache).filter((name) => name.startsWith('bundle-'))
  const [made] = bundles()
  run()
  expect(bundles()).toEqual([made])
  for (const text of ['second', 'third one', 'the fourth', 'then a fifth', 'finally the sixth']) {
    write('part.ts', `export const part: string = "${text}"`)
    expect(run().stdout).toBe(`${text} bundle one,two\n`)
  }
  // A process that still runs from an older bundle may load more of it.
  expect(bundles()).toHaveLength(6)
  const week = 7 * 24 * 3_600_000
  const aged = (ms: number) => `bundle-${(Date.now() - ms).toString(36)}-1`
  const [kept, gone] = [aged(week - 60_000), aged(week + 60_000)]
  for (const name of [kept, gone]) mkdirSync(join(cache, name))
  write('part.ts', 'export const part: string = "a seventh"')
  run()
  expect(bundles()).toContain(kept)
  expect(bundles()).not.toContain(gone)
  write('part.ts', 'export const part: string = "finally the sixth"')
  run()
  for (const name of bundles()) rmSync(join(cache, name), { recursive: true })
  expect(run().stdout).toBe('finally the sixth bundle one,two\n')
})

test('at most a hundred bundles are kept', () => {
  const cache = join(copy, 'node_modules', '.cache', 'fastchat')
  const now = Date.now()
  for (let n = 0; n < 120; n++) mkdirSync(join(cache, `bundle-${(now - n).toString(36)}-1`), { recursive: true })
  expect(run().stdout).toBe('first bundle one,two\n')
  expect(readdirSync(cache).filter((name) => name.startsWith('bundle-'))).toHaveLength(101)
})

test('the sources run if no bundle can be made', () => {
  rmSync(join(copy, 'node_modules', 'rolldown'))
  expect(run()).toEqual({ stdout: 'first source one,two\n', stderr: '', status: 7 })
})

/**
 * Types a word into a terminal in which the program has begun to load, and returns what is shown.
 */
async function typedEarly(words: readonly string[]): Promise<string> {
  write(
    'main.ts',
    `console.log('up')
     process.stdin.once('data', (typed) => {
       process.stdout.write('read ' + String(typed).trim().length)
       process.exit()
     })`,
  )
  const [launcher = ''] = launch()
  const line = [process.execPath, launcher, ...words].map((word) => `'${word}'`).join(' ')
  const terminal = spawn('script', ['-qec', `exec ${line}`, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm' },
  })
  let shown = ''
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
  })
  await eventually(() => expect(shown).toContain('up'))
  terminal.stdin.write('secret\n')
  await once(terminal, 'close')
  return shown
}

test.each([[], ['signup', 'ann'], ['login', 'ann'], ['devices', 'revoke', 'x']])(
  'a password typed before the program has loaded is read and not shown (%s)',
  async (...words) => {
    const shown = await typedEarly(words)
    expect(shown).toContain('read 6')
    expect(shown).not.toContain('secret')
  },
)

test.each([['send', 'bob', '-'], ['login', 'ann', '--password-stdin'], ['devices']])(
  'the terminal stays as it is for a command that asks for no password (%s)',
  async (...words) => expect(await typedEarly(words)).toContain('secret'),
)

test('an old Node passes words, signals and the exit code between the shell and the Node of the installation', async () => {
  const asOld = ['--import', `data:text/javascript,${encodeURIComponent(old)}`]
  expect(run(...asOld)).toEqual({ stdout: 'first bundle one,two\n', stderr: '', status: 7 })
  write(
    'main.ts',
    `process.on('SIGTERM', () => process.exit(5)).on('disconnect', () => process.exit(6))
     setInterval(() => {}, 1000)
     console.log('up')`,
  )
  for (const [signal, code] of [
    ['SIGTERM', 5],
    ['SIGKILL', null],
  ] as const) {
    const child = spawn(process.execPath, launch(...asOld))
    await once(child.stdout, 'data')
    child.kill(signal)
    // Its output closes only when the process that it started has ended, too.
    expect(await once(child, 'close')).toEqual([code, code === null ? signal : null])
  }
  rmSync(join(copy, 'node_modules', 'node'))
  expect(existsSync(join(copy, 'node_modules', 'node'))).toBe(false)
  expect(run(...asOld)).toMatchObject({ status: 1, stderr: expect.stringContaining('npm install') })
})
