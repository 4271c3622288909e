import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checks } from './checks/index.ts'
import { describe, toJson } from './table.ts'

type Ending = { readonly code: number; readonly out: string; readonly err: string }

function run(...args: string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test('the command prints its usage, lists its checks and rejects unknown ones before it starts anything', async () => {
  const help = await run('--help')
  expect(help).toMatchObject({ code: 0 })
  for (const option of ['--no-build', '--keep', '--json', '--list']) expect(help.out).toContain(option)
  const { out } = await run('--list')
  expect(out.split('\n').filter(Boolean)).toHaveLength(checks.length)
  expect(await run('talks')).toMatchObject({ code: 1, err: expect.stringContaining('There is no check talks') })
})

const results = [
  { name: 'talk', title: 'people talk', seconds: 1.26, figures: { people: 3 } },
  { name: 'lost', title: 'a pod is lost', seconds: 2, figures: {}, error: 'chat-2 is offered' },
]

test('the table shows passed checks with their figures, and failed ones with the reason', () => {
  expect(describe(results).split('\n')).toEqual([
    'pass  talk     1.3 s  people talk',
    `${' '.repeat(22)}people 3`,
    'FAIL  lost     2.0 s  a pod is lost',
    `${' '.repeat(22)}chat-2 is offered`,
    '1 passed, 1 failed',
  ])
})

test('the JSON has the same results', () => {
  expect(toJson({ cores: 2 }, results)).toEqual({
    machine: { cores: 2 },
    checks: [
      { check: 'talk', pass: true, seconds: 1.3, figures: { people: 3 } },
      { check: 'lost', pass: false, seconds: 2, figures: {}, error: 'chat-2 is offered' },
    ],
  })
})
