import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Stack } from '../support/stack.ts'

/** The program that `npx fastchat-conformance` runs. */
const kit = join(import.meta.dirname, '..', '..', 'apps', 'conformance', 'bin', 'fastchat-conformance.mjs')

let stack: Stack
beforeAll(async () => {
  stack = await Stack.start()
})
afterAll(() => stack.stop())

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [kit, ...args], (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

type Line = { readonly rule: string; readonly ok: boolean; readonly problem?: string }

test('our installation keeps every rule', async () => {
  const { code, out, err } = await run(stack.url, '--json')
  // The kit prints them.
  const results = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  expect(
    results.filter(({ ok }) => !ok),
    err,
  ).toEqual([])
  expect(results.length).toBeGreaterThan(20)
  expect(code).toBe(0)
})

test('the kit says in words which rule another server breaks', async () => {
  const other = createServer((_, answer) => answer.writeHead(200).end('hello'))
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as AddressInfo // a TCP server has an AddressInfo
  const { code, out } = await run(`http://127.0.0.1:${port}`)
  other.close()
  expect(out).toMatch(/^FAIL somebody signs up.*\n {5}status: wanted 201/)
  expect(out).toContain('0 of 1 rules are kept')
  expect(code).toBe(1)
})

test('the kit says that no server listens', async () => {
  const { code, out } = await run('http://127.0.0.1:9')
  expect(out).toMatch(/FAIL .*\n {5}fetch failed/)
  expect(code).toBe(1)
})

test('help is printed, and a wrong command is refused', async () => {
  expect(await run('--help')).toMatchObject({ code: 0, out: expect.stringContaining('--json') })
  for (const args of [[], ['nonsense'], ['ftp://x'], [stack.url, '--what']]) expect((await run(...args)).code).toBe(64)
})
