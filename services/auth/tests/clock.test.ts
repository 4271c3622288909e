import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  eventually,
  freePort,
  shiftedClock,
  startProcess,
  type TestDatabase,
  testDatabase,
  testRedisUrl,
} from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSigningKey } from './auth.ts'

const mainFile = join(import.meta.dirname, '..', 'src', 'main.ts')

let database: TestDatabase
let folder: string
beforeAll(async () => {
  database = await testDatabase()
  folder = await mkdtemp(join(tmpdir(), 'fastchat-auth-'))
  await writeFile(join(folder, 'keys.json'), JSON.stringify({ keys: [newSigningKey('first')] }), { mode: 0o600 })
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

/** Starts auth as a process whose clock is ahead by this time. */
async function startAuth(aheadMs: number, env: Record<string, string> = { REDIS_URL: testRedisUrl() }) {
  const adminPort = await freePort()
  const process = await startProcess({
    name: 'auth',
    file: mainFile,
    env: {
      ...{ PORT: String(await freePort()), ADMIN_PORT: String(adminPort), DATABASE_URL: database.url },
      ...{ AUTH_SIGNING_KEYS_FILE: join(folder, 'keys.json'), REFRESH_KEY: 'x'.repeat(32), KDF_PEPPER: 'x'.repeat(32) },
      ...shiftedClock(aheadMs),
      ...env,
    },
    readyWhen: `http://127.0.0.1:${adminPort}/livez`,
  })
  const ask = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`)
    return { status: answer.status, text: await answer.text() }
  }
  return { process, readyz: () => ask('/readyz'), metrics: () => ask('/metrics') }
}

test('auth with a wrong clock logs it, is not ready, and shows the difference', async () => {
  const [ahead, behind, right] = await Promise.all([startAuth(40_000), startAuth(-40_000), startAuth(20_000)])
  await eventually(async () => expect((await right.readyz()).status).toBe(200), { timeoutMs: 60_000 })
  for (const auth of [ahead, behind]) {
    await eventually(async () => {
      const { status, text } = await auth.readyz()
      expect([status, JSON.parse(text)]).toEqual([503, { ok: false, checks: { database: true, clock: false } }])
      expect(auth.process.output()).toContain('the clock of this machine is wrong: not ready until it is corrected')
    })
  }
  // A slow first answer gives a smaller bound, which the next look corrects.
  const metric = /^auth_clock_ahead_seconds(?:\{.*\})? (-?)(?:39|40)/m
  await eventually(async () => expect((await ahead.metrics()).text.match(metric)?.[1]).toBe(''), { timeoutMs: 20_000 })
  await eventually(async () => expect((await behind.metrics()).text.match(metric)?.[1]).toBe('-'), {
    timeoutMs: 20_000,
  })
  expect(right.process.output()).not.toContain('the clock of this machine')
  await Promise.all([ahead, behind, right].map(({ process }) => process.stop()))
})

test('auth without Redis has no second clock to compare, and stays ready', async () => {
  const auth = await startAuth(40_000, {})
  await eventually(async () => expect((await auth.readyz()).status).toBe(200), { timeoutMs: 60_000 })
  await auth.process.stop()
})
