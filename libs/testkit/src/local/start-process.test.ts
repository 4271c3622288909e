import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { startProcess } from './index.ts'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-process-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

async function program(name: string, source: string): Promise<{ name: string; file: string; logFile: string }> {
  const file = join(folder, `${name}.ts`)
  await writeFile(file, source)
  return { name, file, logFile: join(folder, `${name}.log`) }
}

test('a TypeScript program gets only the given environment, and its log is private', async () => {
  process.env.FASTCHAT_STRAY = 'x'
  const child = await startProcess({
    ...(await program(
      'env',
      `const all: object = process.env; console.log(JSON.stringify(all)); console.error('done')`,
    )),
    env: { FRUIT: 'fig' },
  })
  expect(await child.exited).toEqual({ code: 0, signal: null })
  const [line = '', done] = child.output().split('\n')
  expect(JSON.parse(line)).toMatchObject({ FRUIT: 'fig', PATH: process.env.PATH })
  expect(line).not.toContain('FASTCHAT_STRAY')
  expect(done).toBe('done')
  expect(await readFile(join(folder, 'env.log'), 'utf8')).toBe(child.output())
  expect((await stat(join(folder, 'env.log'))).mode & 0o777).toBe(0o600)
})

test('a process that ends before it is ready fails the start with its last lines', async () => {
  const options = await program('early', `console.error('no database'); process.exit(3)`)
  const start = startProcess({ ...options, readyWhen: 'http://127.0.0.1:9/readyz' })
  await expect(start).rejects.toThrow(/early ended \(code 3\) before it was ready\nno database/)
})

test('a process that is never ready is stopped', async () => {
  const options = await program('never', `console.log(process.pid); setInterval(() => undefined, 1000)`)
  let pid = 0
  const readyWhen = async () => {
    pid = Number(await readFile(options.logFile, 'utf8'))
    throw new Error('not yet')
  }
  const start = startProcess({ ...options, readyWhen, readyTimeoutMs: 2_000 })
  await expect(start).rejects.toThrow('never is not ready after 2000 ms')
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('a process that ignores SIGTERM is killed', async () => {
  const stubborn = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('on')`
  const options = await program('stubborn', stubborn)
  const isOn = async () => expect(await readFile(options.logFile, 'utf8')).toBe('on\n')
  const child = await startProcess({ ...options, readyWhen: isOn })
  expect(await child.stop(100)).toEqual({ code: null, signal: 'SIGKILL' })
})
