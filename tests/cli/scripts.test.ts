import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(async () => {
  closeMachines()
  await stack?.stop()
})

/** Returns a machine without a server. Commands that only print words need none. */
const nowhere = () => new Machine('http://localhost:1')

test('the version and the help are printed, and a mistyped command names the nearest one', async () => {
  const machine = nowhere()
  const manifest = readFileSync(join(import.meta.dirname, '..', '..', 'apps', 'cli', 'package.json'), 'utf8')
  expect(await machine.must('--version')).toMatchObject({ out: `${JSON.parse(manifest).version}\n`, err: '' })
  for (const words of [['send'], ['group', 'add'], ['devices', 'revoke'], ['api']])
    expect((await machine.must('help', ...words)).out).toBe((await machine.must(...words, '--help')).out)
  expect((await machine.must('help')).out).toBe((await machine.must('--help')).out)
  for (const [words, meant] of [
    [['sned', 'bob', 'secret words'], 'There is no command sned. Did you mean: fastchat send'],
    [['group', 'ad', 'trip'], 'There is no command group ad. Did you mean: fastchat group add'],
    [['devices', 'revok', 'x'], 'Too many words after devices. Did you mean: fastchat devices revoke'],
    [['history', 'bob', '--ofline'], "Unknown option '--ofline'. Did you mean: --offline"],
    [['help', 'histroy'], 'There is no command histroy. Did you mean: fastchat history'],
    [['entirely-else'], 'There is no command entirely-else. See: fastchat --help'],
  ] as const)
    expect(await machine.run(...words)).toMatchObject({ code: 64, out: '', err: `${meant}\n` })
}, 120_000)

test('bash completes commands, options, files and the fixed words of an argument', async () => {
  const machine = nowhere()
  const { out } = await machine.must('completion', 'bash')
  const script = join(machine.folder, 'completion')
  writeFileSync(script, out)
  writeFileSync(join(machine.folder, 'beach.jpg'), '')
  const complete = (...words: string[]) => {
    const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`
    const code = `source '${script}'; ${set}; _fastchat; printf '%s\\n' "\${COMPREPLY[@]}"`
    const { stdout, stderr } = spawnSync('bash', ['-c', code], { cwd: machine.folder, encoding: 'utf8' })
    expect(stderr).toBe('')
    return stdout.split('\n').filter((word) => word !== '')
  }
  expect(complete('fastchat', 'hi')).toEqual(['history'])
  expect(complete('fastchat', 'group', 'pro')).toEqual(['promote'])
  expect(complete('fastchat', 'history', 'bob', '--o')).toEqual(['--offline'])
  expect(complete('fastchat', 'send', 'bob', '--image', 'be')).toEqual(['beach.jpg'])
  expect(complete('fastchat', 'history', 'bob', '--since', '')).toEqual([])
  expect(complete('fastchat', 'completion', 'z')).toEqual(['zsh'])
  expect(complete('fastchat', 'devices', 'revoke', '--pass')).toEqual(['--password-stdin'])
  for (const shell of ['zsh', 'fish']) expect((await machine.must('completion', shell)).out).toContain('fastchat')
  expect(await machine.run('completion', 'tcsh')).toMatchObject({ code: 64, out: '' })
}, 120_000)

test('a password is read from one place: a file or stdin', async () => {
  const ann = new Machine(stack.url, { FASTCHAT_PASSWORD: '' })
  const files = mkdtempSync(join(ann.folder, 'secrets-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(files, name), text)
    return join(files, name)
  }
  const good = file('good', 'correct horse battery staple\n')
  await expect(ann.runWith({ FASTCHAT_PASSWORD_FILE: good }, 'signup', 'ann')).resolves.toMatchObject({ code: 0 })
  await ann.must('logout')
  const piped = ann.start(['login', 'ann', '--password-stdin'])
  piped.child.stdin?.end('correct horse battery staple\r\n')
  expect(await piped.ended).toMatchObject({ code: 0 })
  await ann.must('logout')
  for (const [env, said] of [
    [{ FASTCHAT_PASSWORD_FILE: join(files, 'absent') }, "FASTCHAT_PASSWORD_FILE can't be read"],
    [{ FASTCHAT_PASSWORD_FILE: file('empty', '\n') }, 'is empty'],
    [{ FASTCHAT_PASSWORD_FILE: file('long', 'x'.repeat(5_000)) }, 'more than 4096 bytes'],
    [{ FASTCHAT_PASSWORD_FILE: good, FASTCHAT_PASSWORD: 'another one' }, 'not both'],
    [{}, 'set FASTCHAT_PASSWORD_FILE'],
  ] as const) {
    const ran = await ann.runWith(env, 'login', 'ann')
    expect({ said, code: ran.code, err: ran.err.includes(said) }).toEqual({ said, code: 64, err: true })
    expect(ran.err).not.toContain('xxxx')
  }
  const wrong = ann.start(['login', 'ann', '--password-stdin'])
  wrong.child.stdin?.end('correct horse battery stapl')
  expect((await wrong.ended).code).toBe(1)
}, 120_000)
