import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ForwardProxy } from '../support/forward-proxy.ts'
import { Stack } from '../support/stack.ts'
import { closeMachines, Machine } from './machine.ts'

let stack: Stack
let proxy: ForwardProxy
let port: number
beforeAll(async () => {
  stack = await Stack.start()
  port = Number(new URL(stack.url).port)
  proxy = await ForwardProxy.open({ 'chat.test': port, localhost: port, '127.0.0.1': port, '[::1]': port })
})
afterAll(async () => {
  closeMachines()
  await proxy?.close()
  await stack?.stop()
})

/** Returns the environment of a company with a proxy. */
const environment = (more: Readonly<Record<string, string>> = {}) => ({
  NODE_USE_ENV_PROXY: '1',
  HTTP_PROXY: proxy.url,
  HTTPS_PROXY: proxy.url,
  ...more,
})

/** Runs a command as `npx fastchat` does. */
const run = (machine: Machine, args: readonly string[], env = environment()) => machine.start(args, env).ended

test('REST, WebSocket and pictures reach a server through the proxy', async () => {
  const server = `http://chat.test:${port}`
  const [eve, fay] = [new Machine(server), new Machine(server)]
  for (const [machine, name] of [
    [eve, 'eve'],
    [fay, 'fay'],
  ] as const)
    expect(await run(machine, ['signup', name])).toMatchObject({ code: 0 })
  const picture = join(eve.folder, 'dot.png')
  await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } }).toFile(picture)
  expect(await run(eve, ['send', 'fay', '--image', picture])).toMatchObject({ code: 0 })
  const heard = await run(fay, ['tail', '--requests', '--count', '1', '--for', '60', '--json'])
  const id = String(heard.objects.find(({ kind }) => kind === 'image')?.id)
  expect(await run(fay, ['save', id, fay.folder])).toMatchObject({ code: 0 })

  expect(new Set(proxy.asked)).toEqual(new Set([`chat.test:${port}`]))
  for (const request of [/^POST \/v1\/signup /, /^GET \/ws/, /^PUT \/v1\/attachments\//, /^GET \/v1\/attachments\//])
    expect(proxy.requests).toContainEqual(expect.stringMatching(request))
})

test('NO_PROXY is respected, in both spellings', async () => {
  const machine = new Machine(`http://chat.test:${port}`)
  const before = proxy.asked.length
  for (const variable of ['NO_PROXY', 'no_proxy'])
    expect((await run(machine, ['signup', 'gus'], environment({ [variable]: 'chat.test' }))).code).not.toBe(0)
  expect(proxy.asked.length).toBe(before)
})

test('a server on this machine is reached without the proxy', async () => {
  const before = proxy.asked.length
  for (const [host, name] of [
    ['localhost', 'hal'],
    ['127.0.0.1', 'ida'],
    ['[::1]', 'joe'],
  ] as const) {
    const machine = new Machine(`http://${host}:${port}`)
    const env = environment({ NO_PROXY: 'elsewhere.test' })
    expect(await run(machine, ['signup', name], env)).toMatchObject({ code: 0 })
    expect(await run(machine, ['send', 'eve', 'hello'], env)).toMatchObject({ code: 0 })
  }
  expect(proxy.asked.length).toBe(before)
})
