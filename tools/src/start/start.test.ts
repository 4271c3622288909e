import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  eventually,
  freePort,
  type OwnedProcess,
  startProcess,
  startRedis,
  testDatabase,
  testPostgresUrl,
} from '@fastchat/testkit'
import { afterAll, expect, test } from 'vitest'

const folder = await mkdtemp(join(tmpdir(), 'fastchat-start-'))
afterAll(() => rm(folder, { recursive: true, force: true }))

function launch(env: Record<string, string>): Promise<OwnedProcess> {
  return startProcess({ name: 'launcher', file: join(import.meta.dirname, 'main.ts'), env })
}

/** Returns a user id, an account key, and its statement of the name. */
function signedName(username: string) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const userId = randomUUID()
  const fields = ['fastchat name v1', userId, username].map((field) => `\0${String.fromCharCode(field.length)}${field}`)
  const nameSig = sign(null, Buffer.from(fields.join('')), privateKey).toString('base64url')
  return { userId, accountKey: publicKey.export({ format: 'jwk' }).x, nameSig }
}

/** Returns the output of a start that can't succeed. */
async function refusal(env: Record<string, string>): Promise<string> {
  const launcher = await launch(env)
  expect(await launcher.exited).toMatchObject({ code: 1 })
  return launcher.output()
}

async function ready(launcher: OwnedProcess, origin: string): Promise<void> {
  await eventually(() => expect(launcher.output()).toContain(`FastChat is ready at ${origin}\n`), {
    timeoutMs: 150_000,
  })
}

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

/** Returns the pids of all descendants of a process. */
function descendants(pid: number): number[] {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((row) => row.trim().split(/\s+/).map(Number))
  const below = (parent: number): number[] =>
    rows.flatMap(([child = 0, its]) => (its === parent ? [child, ...below(child)] : []))
  return below(pid)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/**
 * Sends a first frame that is not JSON through the front door. Returns the chat pod's close code,
 * or 1006 when there is no such pod.
 */
function closeCodeOfNonsense(origin: string, path = '/ws'): Promise<number> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`, 'fastchat.v1')
  socket.onopen = () => socket.send('nonsense')
  return new Promise((resolve) => {
    socket.onclose = ({ code }) => resolve(code)
  })
}

test('a taken port, a wrong setting or an impossible folder: one line, exit code 1', async () => {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : 0)
    })
  })
  const dataDir = join(folder, 'refused')
  const taken = await refusal({ PORT: String(port), DATA_DIR: dataDir })
  expect(taken).toBe(
    `FastChat can't start: port ${port} is taken by another program: stop that, or choose another with PORT=${port + 1} npm start\n`,
  )
  server.close()

  const free = String(await freePort())
  expect(await refusal({ PORT: 'eighty' })).toBe("FastChat can't start: PORT must be a whole number from 1 to 65535\n")
  const file = join(folder, 'file')
  await writeFile(file, '')
  expect(await refusal({ PORT: free, DATA_DIR: file })).toMatch(/^.*the data folder .*file can't be used \(.*\n$/)
  await mkdir(join(folder, 'damaged', 'postgres'), { recursive: true })
  await writeFile(join(folder, 'damaged', 'postgres', 'PG_VERSION'), '9.6\n')
  const damaged = await refusal({ PORT: free, DATA_DIR: join(folder, 'damaged') })
  expect(damaged.match(/^FastChat can't start: .*$/gm)).toHaveLength(1)
  const nobody = `redis://127.0.0.1:${await freePort()}`
  const noRedis = await refusal({ PORT: free, DATA_DIR: dataDir, REDIS_URL: nobody })
  expect(noRedis).toMatch(/^.*nothing answers at 127.0.0.1:\d+: check REDIS_URL\n$/)
  const database = { PORT: free, DATA_DIR: dataDir, DATABASE_URL: `${testPostgresUrl()}?sslmode=verify-full` }
  expect(await refusal(database)).toContain("FastChat can't start: PostgreSQL offers no TLS")
  const mistyped = { ...database, DATABASE_URL: `${testPostgresUrl()}?sslmod=verify-full` }
  expect(await refusal(mistyped)).toContain("FastChat can't start: DATABASE_URL takes only sslmode")
})

test('without a Redis, and without a way to install it, one line says what to do before anything starts', async () => {
  const programs = join(folder, 'programs')
  await mkdir(programs)
  const dataDir = join(folder, 'no-redis')
  const start = async () =>
    await refusal({
      PORT: String(await freePort()),
      DATA_DIR: dataDir,
      PATH: programs,
    })
  const refused = await start()
  expect(refused).not.toContain('Starting')
  expect(refused).toMatch(
    /^FastChat can't start: Redis is not installed: install redis-server \(or valkey-server\), or set REDIS_URL\n$/m,
  )
  const brew = '#!/bin/sh\n[ "$1" = --version ] || { echo "a long story" >&2; echo "no such bottle" >&2; exit 1; }\n'
  await writeFile(join(programs, 'brew'), brew, { mode: 0o755 })
  expect(await start()).toMatch(
    /^FastChat can't start: brew could not install Redis: no such bottle\. To go on, install redis-server .*REDIS_URL\n$/m,
  )
})

test('starts, answers, survives kill -9, keeps its data and stops', { timeout: 400_000 }, async () => {
  const port = await freePort()
  const origin = `http://localhost:${port}`
  const dataDir = join(folder, 'data')
  const env = { PORT: String(port), DATA_DIR: dataDir, CHAT_PODS: '1' }

  const first = await launch(env)
  await ready(first, origin)
  const keys = await (await fetch(`${origin}/.well-known/jwks.json`)).text()
  expect(keys).toContain('Ed25519')
  expect(await fetch(`${origin}/v1/nothing`).then((response) => response.status)).toBe(404)
  expect(await closeCodeOfNonsense(origin)).toBe(4500)
  expect(await closeCodeOfNonsense(origin, '/ws/chat-0')).toBe(4500)
  for (const path of ['/ws/chat-1', '/ws/auth', '/ws/127.0.0.1', '/ws/chat-0/', '/ws/chat-0/x', '/ws/chat%2d0', '/wss'])
    expect([path, await closeCodeOfNonsense(origin, path)]).toEqual([path, 1006])
  // The balancer answers, and requires a token.
  expect(await fetch(`${origin}/v1/pod`).then((response) => response.status)).toBe(401)
  const account = { username: 'kept', password: 'any string' }
  expect((await post(`${origin}/v1/signup`, { ...account, ...signedName(account.username) })).status).toBe(201)
  const second = await refusal({ ...env, PORT: String(await freePort()) })
  expect(second).toBe(
    `FastChat can't start: FastChat is running in ${dataDir} already (process ${first.pid}): stop it, or set DATA_DIR\n`,
  )

  first.kill('SIGKILL')
  await first.exited
  const again = await launch(env)
  await ready(again, origin)
  expect(await (await fetch(`${origin}/.well-known/jwks.json`)).text()).toBe(keys)
  expect((await post(`${origin}/v1/login`, account)).status).toBe(200)
  for (const name of await readdir(join(dataDir, 'secrets'))) {
    expect((await stat(join(dataDir, 'secrets', name))).mode & 0o777).toBe(0o600)
  }

  again.kill('SIGTERM')
  expect(await again.exited).toEqual({ code: 0, signal: null })
  expect(again.output()).toContain('Stopped.')
  await expect(readFile(join(dataDir, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT') // PostgreSQL was shut down cleanly
  await expect(fetch(origin)).rejects.toThrow()
})

test('with existing stores, starts two chat pods, prints what it does and what to try, and Ctrl-C ends all processes', {
  timeout: 200_000,
}, async () => {
  const port = await freePort()
  const dataDir = join(folder, 'storeless')
  const database = await testDatabase({ empty: true })
  const redis = await startRedis()
  const started = await launch({
    PORT: String(port),
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
  })
  await ready(started, `http://localhost:${port}`)
  for (const line of [
    'Preparing the database …',
    'Starting auth, balancer, chat-0, chat-1 …',
    /^Try: .*npx fastchat signup/m,
  ])
    expect(started.output()).toMatch(line)
  expect(started.output()).not.toMatch(/Starting (PostgreSQL|Redis)/)
  expect(existsSync(join(dataDir, 'postgres'))).toBe(false)
  const processes = descendants(started.pid)
  expect(processes.length).toBeGreaterThanOrEqual(4)
  started.kill('SIGINT')
  expect(await started.exited).toMatchObject({ code: 0 })
  // The leash processes, which end the others when the launcher is killed, end last.
  await eventually(() => expect(processes.filter(isAlive)).toEqual([]))
  await Promise.all([database.drop(), redis.stop()])
})
