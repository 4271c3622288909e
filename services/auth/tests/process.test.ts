import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '@fastchat/clock'
import { authOperations, type Operation } from '@fastchat/schema'
import { createTokenVerifier } from '@fastchat/service'
import { eventually, freePort, startProcess, testDatabase, testRedisUrl } from '@fastchat/testkit'
import { expect, test } from 'vitest'
import { type Auth, newSigningKey, signUp, signupBody, startAuth } from './auth.ts'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))

test('runs as a process with secrets from files, rotates keys without a restart, and ends cleanly', async () => {
  const database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-auth-'))
  const [first, second] = [newSigningKey('first'), newSigningKey('second')]
  const keyFile = join(folder, 'keys.json')
  const writeKeys = (...keys: object[]) => writeFile(keyFile, JSON.stringify({ keys }), { mode: 0o600 })
  await writeKeys(first)
  await writeFile(join(folder, 'refresh'), 'refresh key of the test, long enough\n')
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
      REFRESH_KEY_FILE: join(folder, 'refresh'),
      KDF_PEPPER: 'pepper of the test, long enough for it',
    },
  })
  const kids = async () => {
    const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as {
      keys: { kid: string; d?: string }[]
    }
    expect(keys.filter(({ d }) => d !== undefined)).toEqual([])
    return keys.map(({ kid }) => kid)
  }
  const signup = async (username: string) => {
    const answer = await fetch(url + authOperations.signup.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(signupBody(username, { password: 'canary password' }).body),
    })
    return (await answer.json()) as { user: { userId: string }; enrolToken: string }
  }
  expect(await kids()).toEqual(['first'])
  const before = await signup('before')

  await writeKeys(second, first)
  auth.kill('SIGHUP')
  await eventually(async () => expect(await kids()).toEqual(['second', 'first']))
  const after = await signup('after')
  const verifier = createTokenVerifier({
    issuer: 'fastchat',
    keys: { jwksUrl: `${url}/.well-known/jwks.json` },
    clock: systemClock,
  })
  expect(await verifier.enrol(before.enrolToken)).toMatchObject({ scope: 'enrol', userId: before.user.userId })
  expect(await verifier.enrol(after.enrolToken)).toMatchObject({ scope: 'enrol', userId: after.user.userId })

  await writeFile(keyFile, 'canary: not a key set')
  auth.kill('SIGHUP')
  await eventually(() => expect(auth.output()).toContain('signing keys unreadable'))
  expect(await kids()).toEqual(['second', 'first'])

  expect(await auth.stop()).toEqual({ code: 0, signal: null })
  expect(auth.output()).not.toMatch(/canary|"level":"(warn|fatal)"/)
  await database.drop()
  await rm(folder, { recursive: true })
})

/** Wraps a process, so the helpers that call auth in this process work with it. */
function authAt(url: string): Auth {
  const call = async (op: Operation, { body, token }: { body?: unknown; token?: string }) => {
    const answer = await fetch(url + op.path, {
      method: op.method,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return { status: answer.status, body: await answer.json() }
  }
  // The helpers use only `call`.
  return { call } as unknown as Auth
}

test('sessions outlive the process that opened them, even if the next one signs with another key', async () => {
  const database = await testDatabase()
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-auth-'))
  const keyFile = join(folder, 'keys.json')
  const writeKeys = (...keys: object[]) => writeFile(keyFile, JSON.stringify({ keys }), { mode: 0o600 })
  const [former, next] = [newSigningKey('former'), newSigningKey('next')]
  await writeKeys(former)
  const start = async () => {
    const [port, adminPort] = [await freePort(), await freePort()]
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
    return { auth, url: `http://127.0.0.1:${port}` }
  }
  const before = await start()
  const ann = await signUp(authAt(before.url), 'ann')
  const { tokens } = await ann.addDevice()
  const refresh = async (url: string, refreshToken: string) =>
    (await authAt(url).call(authOperations.refresh, { body: { refreshToken } })).body
  const issued = await refresh(before.url, tokens.refreshToken)
  expect(await before.auth.stop()).toEqual({ code: 0, signal: null })

  await writeKeys(next, former)
  const after = await start()
  const list = async (token: string) =>
    (await authAt(after.url).call(authOperations.listDevices, { token })).body.devices
  expect((await list(issued.accessToken)).map(({ name }) => name)).toEqual(['laptop'])
  // The former token works, too: its answer may have been lost when the process ended.
  expect((await refresh(after.url, tokens.refreshToken)).refreshToken).toBe(issued.refreshToken)
  expect(await list((await refresh(after.url, issued.refreshToken)).accessToken)).toHaveLength(1)
  await after.auth.stop()
  await database.drop()
  await rm(folder, { recursive: true })
})

test('a bad configuration ends the process with the names of all wrong settings', async () => {
  const start = startProcess({
    name: 'auth',
    file: main,
    readyWhen: 'http://127.0.0.1:1/readyz',
    env: { PORT: 'canary', KDF_PEPPER: 'canary', DATABASE_URL: 'x' },
  })
  const { message } = await start.then(
    () => new Error('started'),
    (error: Error) => error,
  )
  for (const part of ['code 1', 'PORT must', 'KDF_PEPPER must', 'AUTH_SIGNING_KEYS_FILE is missing'])
    expect(message).toContain(part)
  expect(message).not.toContain('canary')
})

test('without its database auth answers busy, is not ready, and keeps running', async () => {
  const auth = await startAuth({ DATABASE_URL: `postgres://nobody@127.0.0.1:${await freePort()}/none` })
  const login = await auth.call(authOperations.login, { body: { username: 'alice', password: 'canary' } })
  expect(login).toMatchObject({ status: 503, code: 'busy', headers: { 'retry-after': '1' } })
  expect(await auth.deps.ready()).toEqual({ ok: false, checks: { database: false, clock: true } })
  expect(auth.lines.join()).not.toContain('canary')
  await auth.stop()
})

test('a login flood is rejected beyond the queue limit, and the accepted logins are served', async () => {
  const auth = await startAuth({ HASH_SLOTS: '1', HASH_QUEUE_MS: '300', GUESSES_BEFORE_DELAY: '100' })
  const alice = await eventually(() => signUp(auth, 'alice'))
  const body = { username: alice.username, password: alice.password }
  const answers = await Promise.all(Array.from({ length: 40 }, () => auth.call(authOperations.login, { body })))
  const busy = answers.filter(({ code }) => code === 'busy')
  expect(busy.length).toBeGreaterThan(0)
  expect(busy.every(({ headers }) => Number(headers['retry-after']) >= 1)).toBe(true)
  const served = answers.filter(({ status }) => status === 200)
  expect(served.length).toBeGreaterThan(0)
  expect(served.length + busy.length).toBe(40)
  await auth.stop()
})
