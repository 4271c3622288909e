import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-checker-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const main = join(import.meta.dirname, 'main.ts')
  return new Promise((resolve) =>
    execFile(process.execPath, [main, ...args], (error, out, err) =>
      resolve({ code: Number(error?.code ?? 0), out, err }),
    ),
  )
}

async function file(name: string, ...lines: (object | string)[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''))
  return path
}

const at = { at: 1, proc: 'a', device: 'a', conv: 'c', id: 'm' }
const sent = [
  { op: 'send', type: 'invoke', ...at, hash: 'h' },
  { op: 'send', type: 'ok', ...at, seq: 1 },
  { op: 'scope', ...at, from: 1 },
]
const shown = { op: 'show', ...at, hash: 'h', seq: 1 }

test('judges the given history files and log', async () => {
  const one = await file('one.jsonl', ...sent)
  const two = await file('two.jsonl', shown, '')
  const log = await file('log.jsonl', { ...at, seq: 1, isMessage: true })
  const heads = await file('heads.jsonl', { conv: 'c', lastSeq: 1, floorSeq: 0 })
  const good = await run(one, two, '--log', log, '--heads', heads)
  expect(good).toMatchObject({ code: 0, out: expect.stringMatching(/^acked 1, lost 0.*\npass\n$/s) })
  const bad = await run(one, '--log', log, '--heads', heads, '--json')
  expect(bad.code).toBe(1)
  expect(JSON.parse(bad.out)).toMatchObject({ lost: 1, pass: false, violations: [{ check: 'K1' }] })
})

test('names the line that it cannot read, and prints its usage', async () => {
  const broken = await file('broken.jsonl', shown, '{')
  expect(await run(broken)).toMatchObject({ code: 2, err: `${broken}:2: not a line of JSON\n` })
  expect((await run('--help')).out).toContain('HISTORY')
})
