import { connect } from 'node:net'
import { later } from '@fastchat/clock'
import { eventually } from '@fastchat/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { seedConversations, seedDevice } from '../store/seed.ts'
import { fillByHand, sendFrame } from './by-hand.ts'
import { type Pod, Pods } from './pods.ts'
import { RawTcp } from './raw-tcp.ts'

const text = 0x81
const continued = { begin: 0x01, more: 0x00 }
const ping = 0x89
const rsv1 = 0x40

let pods: Pods
let pod: Pod
let laterMs = 0

beforeAll(async () => {
  pods = await Pods.open()
  pod = await pods.start('abused', {}, ({ clock }) => ({
    clock: { ...clock, monotonicMs: () => later(clock.monotonicMs(), laterMs) },
  }))
})
afterAll(() => pods.life.close())

test.each([
  ['a frame without a mask', (tcp: RawTcp) => tcp.frame(text, '{}', { isMasked: false }), 1002],
  ['a reserved bit', (tcp: RawTcp) => tcp.frame(text | rsv1, '{}'), 1002],
  ['an unknown opcode', (tcp: RawTcp) => tcp.frame(0x83, '{}'), 1002],
  ['a control frame in pieces', (tcp: RawTcp) => tcp.frame(0x09, 'x'), 1002],
  ['bad UTF-8', (tcp: RawTcp) => tcp.frame(text, Buffer.from([0xc3, 0x28])), 1007],
  ['a message too large in pieces', (tcp: RawTcp) => pieces(tcp, 3, 30_000), 1009],
  ['crumbs without an end', (tcp: RawTcp) => pieces(tcp, 40, 1), 1008],
  ['a message that never ends', (tcp: RawTcp) => pieces(tcp, 10, 1), 4002],
])('%s is closed', async (_, abuse, code) => {
  const tcp = await RawTcp.open(pod.url)
  abuse(tcp)
  expect(await tcp.closeCode()).toBe(code)
})

function pieces(tcp: RawTcp, count: number, bytes: number): void {
  for (let n = 0; n < count; n++) tcp.frame(n === 0 ? continued.begin : continued.more, Buffer.alloc(bytes, ' '))
}

test('a flood of pings is cut off before its answers pile up', async () => {
  const tcp = await RawTcp.open(pod.url)
  for (let n = 0; n < 10_000; n++) tcp.frame(ping, '')
  await eventually(() => expect(tcp.socket.destroyed).toBe(true))
})

test('a client that never reads gets only its credit, is cut off in time, and disturbs no other client', async () => {
  const [seeded] = await seedConversations(pods.pool, { conversations: 1, devices: 11 })
  const { sessions } = seeded!
  const [other] = await seedConversations(pods.pool, { conversations: 1, devices: 2 })
  const messageBytes = 24_000
  await fillByHand(pods.pool, seeded!, 200, messageBytes)
  const before = await counter('chat_deliveries_total')
  const deaf = await Promise.all(
    sessions.slice(1).map(async (session) => {
      const tcp = await RawTcp.open(pod.url)
      tcp.socket.pause()
      tcp.frame(text, JSON.stringify({ t: 'hello', id: 'h', token: await pods.token(session) }))
      return tcp
    }),
  )
  const creditMessages = (1024 * 1024) / messageBytes / (4 / 3) // in base64url
  const delivered = async () => (await counter('chat_deliveries_total')) - before
  await eventually(async () => expect(await delivered()).toBeGreaterThanOrEqual(10 * Math.floor(creditMessages)), {
    timeoutMs: 30_000,
  })
  const lively = await pods.connect(pod, other!.sessions[0]!)
  expect(await lively.ask(sendFrame(other!.conversation))).toMatchObject({ t: 'ok' })
  expect(await counter('chat_ws_close_total{code="4008"}')).toBe(0)
  laterMs += 31_000
  await eventually(async () => expect(await counter('chat_ws_close_total{code="4008"}')).toBe(10), {
    timeoutMs: 30_000,
  })
  expect(await delivered()).toBeLessThanOrEqual(10 * (creditMessages + 1))
  expect(await lively.ask(sendFrame(other!.conversation))).toMatchObject({ t: 'ok' })
  for (const { socket } of deaf) socket.destroy()
})

test('a hundred clients that flood before ready are cut off at the limit, and others connect', async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>()
  const honest = await seedDevice(pods.pool)
  const slow = await pods.start('flooded-early', {}, ({ registry }) => ({
    registry: {
      ...registry,
      async arrive(caller) {
        if (caller.deviceId !== honest.deviceId) await held
        return await registry.arrive(caller)
      },
    },
  }))
  const token = await pods.token(await seedDevice(pods.pool))
  const crowd = await Promise.all(Array.from({ length: 100 }, () => RawTcp.open(slow.url)))
  for (const tcp of crowd) {
    tcp.frame(text, JSON.stringify({ t: 'hello', id: 'h', token }))
    for (let n = 0; n < 1_000; n++) tcp.frame(text, `{"t":"ping","id":"${n}"}`)
  }
  expect(await Promise.all(crowd.map((tcp) => tcp.closeCode()))).toEqual(crowd.map(() => 4029))
  const client = await pods.connect(slow, honest)
  expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  release()
})

/** Reads a metric of the pod. Returns 0 while it has no value. */
async function counter(name: string): Promise<number> {
  const metrics = await (await fetch(`${pod.adminUrl}/metrics`)).text()
  const [label] = /\{.*\}/.exec(name) ?? ['']
  const lines = metrics.split('\n').filter((line) => line.startsWith(name.replace(label, '')))
  const line = lines.find((one) => one.includes(label.slice(1, -1)))
  return Number(line?.split(' ').at(-1) ?? 0)
}

test('two hundred unfinished messages at once cost little, and other clients go on', async () => {
  const bytes = await counter('process_resident_memory_bytes')
  const crowd = await Promise.all(Array.from({ length: 200 }, () => RawTcp.open(pod.url)))
  for (const tcp of crowd) pieces(tcp, 15, 4_000)
  const honest = await pods.connect(pod, await seedDevice(pods.pool))
  expect(await honest.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  expect(await Promise.all(crowd.map((tcp) => tcp.closeCode()))).toEqual(crowd.map(() => 4002))
  expect((await counter('process_resident_memory_bytes')) - bytes).toBeLessThan(100 * 1024 * 1024)
})

test('two hundred requests with unfinished headers are rejected and cut off, and others connect meanwhile', async () => {
  const slow = await pods.start('slow-headers')
  const { hostname, port } = new URL(slow.url)
  const ends = Array.from({ length: 200 }, () => {
    const socket = connect(Number(port), hostname, () => socket.write('GET /ws HTTP/1.1\r\nhost: x\r\nx-slow: '))
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('error', () => undefined)
    return new Promise<string>((resolve) => socket.on('close', () => resolve(text)))
  })
  const client = await pods.connect(slow, await seedDevice(pods.pool))
  expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
  for (const answer of await Promise.all(ends)) expect(answer).toMatch(/^HTTP\/1\.1 408 /)
  expect(await client.ask({ t: 'ping' })).toMatchObject({ t: 'ok' })
})
