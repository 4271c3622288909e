import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { later, type MonotonicMs, type WallMs } from '@fastchat/clock'
import { authOperations } from '@fastchat/schema'
import { createTokenVerifier } from '@fastchat/service'
import { eventually, freePort, startProcess, testDatabase, testRedisUrl } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newSigningKey, signupBody } from './auth.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const minuteMs = 60_000

let passedMs = 0
beforeEach(() => {
  passedMs = 0
  // The key sets of the verifiers use this clock for their pauses. Timers stay real.
  vi.useFakeTimers({ toFake: ['Date'], now: realNow() })
})
afterEach(() => vi.useRealTimers())

const realNow = () => performance.timeOrigin + performance.now()
/** Lets time pass for the verifiers. Tokens are signed and checked by the real time. */
function pass(ms: number): void {
  passedMs += ms
  vi.setSystemTime(realNow() + passedMs)
}
const clock = {
  // The casts hold: these are the clocks of this process.
  wallMs: () => realNow() as WallMs,
  monotonicMs: () => later(performance.now() as MonotonicMs, passedMs),
}

test('signing keys are rotated under load, and no token is refused', async () => {
  const database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-keys-'))
  const keyFile = join(folder, 'keys.json')
  const writeKeys = async (...keys: object[]) => {
    await writeFile(`${keyFile}.new`, JSON.stringify({ keys }), { mode: 0o600 })
    await rename(`${keyFile}.new`, keyFile)
  }
  const [former, next] = [newSigningKey('former'), newSigningKey('next')]
  await writeKeys(former)
  const [port, adminPort] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const auth = await startProcess({
    name: 'auth',
    file: main,
    readyWhen: `http://127.0.0.1:${adminPort}/readyz`,
    env: {
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl(),
      AUTH_SIGNING_KEYS_FILE: keyFile,
      REFRESH_KEY: 'refresh key of the test, long enough',
      KDF_PEPPER: 'pepper of the test, long enough for it',
    },
  })
  const jwksUrl = `${url}/.well-known/jwks.json`
  const verifiers = Array.from({ length: 3 }, () =>
    createTokenVerifier({ issuer: 'fastchat', keys: { jwksUrl }, clock }),
  )
  const kidOf = (token: string): unknown => JSON.parse(atob(token.split('.')[0] ?? '')).kid
  const username = 'loaded'
  const post = async (path: string, body: object) => {
    const answer = await fetch(url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return (await answer.json()) as { enrolToken: string }
  }
  let token = (await post(authOperations.signup.path, signupBody(username, { password: 'x' }).body)).enrolToken

  // The load: each verifier checks the newest token, again and again.
  let isOver = false
  let checks = 0
  const refused: unknown[] = []
  const load = verifiers.map(async (verifier) => {
    while (!isOver) {
      await verifier.enrol(token).catch((error: unknown) => refused.push(error))
      checks++
      await new Promise(setImmediate)
    }
  })
  const checkedOn = async () => {
    const then = checks
    await eventually(() => expect(checks).toBeGreaterThan(then + 300))
  }
  const signs = (kid: string) =>
    eventually(async () => {
      token = (await post(authOperations.login.path, { username, password: 'x' })).enrolToken
      expect(kidOf(token)).toBe(kid)
    })
  const published = async () =>
    ((await (await fetch(jwksUrl)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)
  const step = async (...keys: ReturnType<typeof newSigningKey>[]) => {
    await writeKeys(...keys)
    auth.kill('SIGHUP')
    await eventually(async () => expect(await published()).toEqual(keys.map(({ kid }) => kid)))
    await checkedOn()
  }

  await checkedOn()
  await step(former, next)
  pass(10 * minuteMs)
  await checkedOn()
  await step(next, former)
  const old = token
  await signs('next')
  await checkedOn()
  for (const verifier of verifiers) await verifier.enrol(old)
  pass(11 * minuteMs)
  await step(next)
  isOver = true
  await Promise.all(load)
  expect(refused).toEqual([])
  // The removed key counts for nothing once the verifiers have fetched the keys again.
  pass(10 * minuteMs)
  for (const verifier of verifiers)
    await eventually(() => expect(verifier.enrol(old)).rejects.toMatchObject({ code: 'unauthorized' }))

  await auth.stop()
  await database.drop()
  await rm(folder, { recursive: true })
})
