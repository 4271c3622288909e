import { once } from 'node:events'
import { createServer } from 'node:http'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { handle } from './probe.ts'
import { probeContainer } from './probing.ts'

/** The status codes that the pod answers, by path. */
const answers = new Map<string, number>()
const server = createServer(({ url = '' }, response) => {
  response.statusCode = answers.get(url) ?? 404
  response.end()
})
let port = 0
beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  port = (server.address() as { port: number }).port // the server listens on TCP
})
afterAll(() => {
  server.close()
})

const target = (probes: object) => ({
  ip: '127.0.0.1',
  container: { name: 'chat', ports: [{ name: 'admin', containerPort: port }], ...probes },
  execute: async (command: readonly string[]) => {
    if (command[0] !== 'true') throw new Error('not true')
  },
})

test('a handler resolves when it succeeds and rejects when it fails', async () => {
  answers.set('/livez', 200).set('/readyz', 503)
  const chat = target({})
  await handle({ httpGet: { path: '/livez', port: 'admin' } }, chat, 1_000)
  await handle({ tcpSocket: { port } }, chat, 1_000)
  await handle({ exec: { command: ['true'] } }, chat, 1_000)
  await expect(handle({ httpGet: { path: '/readyz', port: 'admin' } }, chat, 1_000)).rejects.toThrow('answers 503')
  await expect(handle({ tcpSocket: { port: 1 } }, chat, 1_000)).rejects.toThrow()
  await expect(handle({ exec: { command: ['false'] } }, chat, 1_000)).rejects.toThrow('not true')
  await expect(handle({ httpGet: { path: '/', port: 'no' } }, chat, 1_000)).rejects.toThrow('has no port no')
  await expect(handle({}, chat, 1_000)).rejects.toThrow('unknown kind')
})

test('a container is ready only after it has started, and readiness and liveness are reported separately', async () => {
  answers.set('/startupz', 503).set('/readyz', 200).set('/livez', 200)
  const told: string[] = []
  const stop = new AbortController()
  const every = { periodSeconds: 0.01, failureThreshold: 2 }
  const probes = {
    startupProbe: { httpGet: { path: '/startupz', port }, periodSeconds: 0.01, failureThreshold: 1_000 },
    readinessProbe: { httpGet: { path: '/readyz', port }, ...every },
    livenessProbe: { httpGet: { path: '/livez', port }, ...every },
  }
  const verdicts = {
    onReady: (isReady: boolean) => void (told.at(-1) !== String(isReady) && told.push(String(isReady))),
    onDead: (reason: string) => void told.push(reason),
  }
  const probing = probeContainer(target(probes), verdicts, stop.signal)
  await handle({ httpGet: { path: '/livez', port } }, target({}), 1_000)
  expect(told).toEqual([])
  answers.set('/startupz', 200)
  await eventually(() => expect(told).toEqual(['true']))
  answers.set('/readyz', 503)
  await eventually(() => expect(told).toEqual(['true', 'false']))
  answers.set('/livez', 500)
  await eventually(() => expect(told).toContain('it does not live'))
  stop.abort()
  await probing
})

test('a container that does not start in time is reported dead', async () => {
  answers.set('/startupz', 503)
  const startupProbe = { httpGet: { path: '/startupz', port }, periodSeconds: 0.01, failureThreshold: 3 }
  const told: unknown[] = []
  const verdicts = {
    onReady: (isReady: boolean) => void told.push(isReady),
    onDead: (why: string) => void told.push(why),
  }
  await probeContainer(target({ startupProbe }), verdicts, new AbortController().signal)
  expect(told).toEqual(['it does not start'])
})
