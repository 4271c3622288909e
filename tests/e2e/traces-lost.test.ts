import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { eventually, freePort, OtlpCollector } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Person } from '../support/person.ts'
import { Stack } from '../support/stack.ts'

const listModules = pathToFileURL(join(import.meta.dirname, '..', 'support', 'list-modules.mjs')).href

let folder: string
let collector: OtlpCollector
let stack: Stack

/**
 * The collector of the first pod hangs, that of the second does not exist, and the third pod has
 * none.
 */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastchat-modules-'))
  collector = await OtlpCollector.open()
  collector.isHanging = true
  const endpoints = new Map([
    ['chat-0', collector.url],
    ['chat-1', `http://127.0.0.1:${await freePort()}`],
  ])
  stack = await Stack.start({
    pods: 3,
    podEnv: { DRAIN_SECONDS: '1' },
    envOfPod: (name) => ({
      NODE_OPTIONS: `--import ${listModules}`,
      MODULES_FILE: join(folder, name),
      OTEL_EXPORTER_OTLP_ENDPOINT: endpoints.get(name) ?? '',
    }),
  })
})
afterAll(async () => {
  await stack.stop()
  await collector.close()
  await rm(folder, { recursive: true, force: true })
})

const logOf = (pod: string) => readFileSync(join(stack.folder, `${pod}.log`), 'utf8')

test('without an endpoint no module for spans is loaded', () => {
  const loaded = (pod: string) => readFileSync(join(folder, pod), 'utf8')
  for (const pod of ['chat-0', 'chat-2']) expect(loaded(pod)).toContain('services/chat/src/main.ts')
  const parts = ['@opentelemetry/sdk-trace/', '@opentelemetry/exporter-trace-otlp-http/', 'src/tracing/otlp-traces.ts']
  for (const part of parts) {
    expect(loaded('chat-0')).toContain(part)
    expect(loaded('chat-2')).not.toContain(part)
  }
})

test('messages flow and pods stop as usual while collectors hang or are missing', async () => {
  const people = await Promise.all(
    [0, 1, 2].map((pod) => Person.signUp(stack.url, `lost-traces-${pod}`, { pod: stack.pod(pod) })),
  )
  const [alice, bob, carla] = people
  for (const [from, to] of [
    [alice, bob],
    [bob, carla],
    [carla, alice],
  ] as [Person, Person][]) {
    await from.send(to, `from ${from.name}`)
    await to.sees(`from ${from.name}`)
  }
  await eventually(() => expect(collector.requests).toBeGreaterThan(0))
  await Promise.all(people.map((person) => person.offline()))
  for (const pod of ['chat-0', 'chat-1', 'chat-2']) {
    expect(await stack.end(pod, 20_000), pod).toEqual({ code: 0, signal: null })
    expect(logOf(pod)).not.toContain('closing failed')
  }
})
