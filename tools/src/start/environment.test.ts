import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { eventually, freePort, startOwnedProcess, startProcess, startRedis, testDatabase } from '@fastchat/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { cloneCheckout } from '../test/clone-checkout.ts'

const run = promisify(execFile)
/** A limit for a busy machine. */
const limitMs = 5 * 60_000

/** Starts a proxy that reaches nothing and counts its requests. */
async function uselessProxy() {
  let asked = 0
  const server = createServer((_, response) => {
    asked++
    response.writeHead(502).end()
  })
  server.on('connect', (_, socket) => {
    asked++
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked }
}

const closeCodeOfNonsense = (origin: string): Promise<number> => {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws`, 'fastchat.v1')
  socket.onopen = () => socket.send('nonsense')
  return new Promise((resolve) => {
    socket.onclose = ({ code }) => resolve(code)
  })
}

test("npm start works in a folder with URL characters in its name, and does not use a company's proxy", {
  timeout: 2 * limitMs,
}, async () => {
  const { path: cwd, remove } = await cloneCheckout("100%25 a#b?c 'd' & [e]")
  onTestFinished(remove)
  const proxy = await uselessProxy()
  const port = await freePort()
  const proxies = { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url, NO_PROXY: 'intern.test' }
  const settings = { NODE_ENV: 'production', npm_config_omit: 'dev', npm_config_ignore_scripts: 'true' }
  const env = { PORT: String(port), CHAT_PODS: '1', ...proxies, ...settings }
  const npm = await startOwnedProcess({ name: 'npm', command: 'npm', args: ['start'], cwd, env })
  await eventually(() => expect(npm.output()).toMatch(/FastChat is ready|can't start/), { timeoutMs: limitMs })
  expect(npm.output()).toContain('FastChat is ready')
  const origin = `http://localhost:${port}`
  expect((await fetch(`${origin}/.well-known/jwks.json`)).status).toBe(200)
  // The pod answers, and has fetched the keys from auth to do so.
  expect(await closeCodeOfNonsense(origin)).toBe(4500)
  const authorization = 'Bearer nonsense'
  expect((await fetch(`${origin}/v1/pod`, { headers: { authorization } })).status).toBe(401)
  await npm.stop(limitMs)
  expect(npm.output()).toContain('Stopped. Your data is kept.')
  expect(proxy.asked()).toBe(0)
})

test('npm test runs in a folder with URL characters in its name', { timeout: 2 * limitMs }, async () => {
  const { path: cwd, remove } = await cloneCheckout('100%25 a#b?c')
  onTestFinished(remove)
  const args = ['test', '--', '--project', 'pure', 'libs/schema/src/base64url.test.ts']
  const npm = await startOwnedProcess({ name: 'npm', command: 'npm', args, cwd, env: { NODE_ENV: 'production' } })
  await npm.exited
  expect(npm.output()).toMatch(/^[1-9]\d* passed, 0 failed$/m)
})

/** The address of this machine's loopback; a machine without IPv6 has only the second. */
const loopback = (networkInterfaces().lo ?? networkInterfaces().lo0)?.some(({ address }) => address === '::1')
  ? '[::1]'
  : '127.0.0.1'

/** Returns the URL of a proxy at the IPv6 loopback address to the URL's port. */
async function overIPv6(url: string): Promise<string> {
  const there = new URL(url)
  const target = Number(there.port)
  const server = createTcpServer((client) => {
    const upstream = connect(target, '127.0.0.1')
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, loopback.replace(/[[\]]/g, ''), resolve))
  onTestFinished(() => void server.close())
  there.hostname = loopback
  there.port = String((server.address() as AddressInfo).port)
  return there.href
}

test('stores and clients may use the IPv6 loopback address', { timeout: limitMs }, async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'fastchat-ipv6-'))
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }))
  const [database, redis] = [await testDatabase({ empty: true }), await startRedis()]
  onTestFinished(async () => {
    await Promise.all([database.drop(), redis.stop()])
  })
  const port = await freePort()
  const launcher = await startProcess({
    name: 'launcher',
    file: join(import.meta.dirname, 'main.ts'),
    env: {
      ...{ PORT: String(port), CHAT_PODS: '1', DATA_DIR: dataDir },
      ...{ DATABASE_URL: await overIPv6(database.url), REDIS_URL: await overIPv6(redis.url) },
    },
  })
  await eventually(() => expect(launcher.output()).toMatch(/FastChat is ready|can't start/), { timeoutMs: limitMs })
  expect(launcher.output()).toContain('FastChat is ready')
  expect(await closeCodeOfNonsense(`http://${loopback}:${port}`)).toBe(4500)
  await launcher.stop()
})

/**
 * Runs `bootstrap.mjs` in a checkout without node_modules, with an npm that only records its calls.
 * Returns their arguments in order.
 */
async function installCalls(env: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fastchat-install-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const root = join(import.meta.dirname, '../../..')
  await run('cp', ['-r', join(root, 'tools'), join(root, 'package.json'), join(root, 'package-lock.json'), folder])
  const calls = join(folder, 'calls')
  const npm = join(folder, 'npm.js')
  const source = `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(calls)}, process.argv.slice(2).join(' ') + '\\n')`
  await writeFile(npm, source)
  await run(process.execPath, [join(folder, 'tools', 'bootstrap.mjs'), 'check'], {
    env: { PATH: process.env.PATH, npm_execpath: npm, ...env },
  }).catch(() => undefined) // it fails, since nothing was installed
  return (await readFile(calls, 'utf8')).trim().split('\n')
}

test('an install brings the tools and runs their scripts, against settings of the environment', async () => {
  const calls = await installCalls({
    NODE_ENV: 'production',
    npm_config_omit: 'dev',
    npm_config_ignore_scripts: 'true',
  })
  expect(calls).toEqual([
    expect.stringMatching(/^install --no-save .*--include=dev .*--ignore-scripts=false/),
    // The install brought no Node 24, so a rebuild follows.
    expect.stringMatching(/^rebuild .*--ignore-scripts=false/),
  ])
})
