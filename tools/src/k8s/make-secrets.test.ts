import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

type Ending = { readonly code: number; readonly out: string; readonly err: string }

function run(...args: string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test.each([
  '--database-url=postgresql://fc:hid/den@db/fc',
  '--direct-url=postgresql://fc:hid#den@db/fc',
  '--redis-url=rediss://fc:hid/den@redis',
])(
  '%s: a password that is not percent-encoded makes no Secrets, and the error says how to encode it',
  async (option) => {
    const { code, out, err } = await run(option)
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('percent-encoded (@ is %40')
    expect(err).not.toMatch(/hid|den/)
  },
)

test('a percent-encoded password enters the Secrets unchanged', async () => {
  const { code, out } = await run('--database-url=postgresql://fc:a%2Fb@db/fc')
  expect(code).toBe(0)
  expect(out).toContain('postgresql://fc:a%2Fb@db/fc')
})
