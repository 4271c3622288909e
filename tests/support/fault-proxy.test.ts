import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { eventually } from '@fastchat/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FaultProxy } from './fault-proxy.ts'

const echo = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {})
  socket.pipe(socket)
})
let proxy: FaultProxy
let pieces: Buffer[]
let closed: string[]

beforeEach(async () => {
  if (!echo.listening) await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  proxy = await FaultProxy.open((echo.address() as AddressInfo).port)
  pieces = []
  closed = []
})
afterEach(() => proxy.close())

async function open(): Promise<Socket> {
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  const [into, ends] = [pieces, closed] // of this test
  socket.on('data', (piece) => into.push(piece))
  socket.on('error', ({ message }) => ends.push(message))
  socket.on('end', () => ends.push('end'))
  await once(socket, 'connect')
  return socket
}
const text = () => Buffer.concat(pieces).toString()

test('passes on all bytes and the end, in both directions', async () => {
  const socket = await open()
  socket.end('hello')
  await eventually(() => expect([text(), closed]).toEqual(['hello', ['end']]))
})

test.each(['up', 'down', 'both'] as const)(
  'a black hole %s says nothing, and gives all back once it is mended',
  async (way) => {
    const socket = await open()
    socket.write('a')
    await eventually(() => expect(text()).toBe('a'))
    proxy.set({ blackHole: way })
    socket.write('b')
    const other = await open() // connecting works
    other.write('c')
    await eventually(() => expect(proxy.stoppedBytes).toBe(2))
    expect([text(), closed]).toEqual(['a', []])
    proxy.set({})
    await eventually(() => expect(text().split('').sort().join('')).toBe('abc'))
  },
)

test('discarded bytes never arrive', async () => {
  const socket = await open()
  proxy.set({ discard: 'up' })
  socket.write('lost')
  await eventually(() => expect(proxy.stoppedBytes).toBe(4))
  proxy.set({})
  socket.write('kept')
  await eventually(() => expect(text()).toBe('kept'))
})

test('slices, delays and throttles without changing a byte', async () => {
  const bytes = 'x1y2z3'.repeat(500)
  for (const state of [{ sliceBytes: 7 }, { delayMs: 20 }, { bytesPerSecond: 20_000 }]) {
    pieces = []
    proxy.set(state)
    const socket = await open()
    socket.write(bytes)
    await eventually(() => expect(text()).toBe(bytes))
    if ('sliceBytes' in state) expect(pieces.length).toBeGreaterThan(1)
  }
})

test('cuts a connection after a number of bytes, cuts all at once, and refuses new ones', async () => {
  proxy.set({ cutAfterBytes: 4 })
  const socket = await open()
  socket.write('12345678')
  await eventually(() => expect(closed.length).toBeGreaterThan(0))
  proxy.set({})
  await open()
  await eventually(() => expect(proxy.connections).toBe(1))
  proxy.cut()
  await eventually(() => expect(closed.length).toBeGreaterThan(1))
  expect(proxy.connections).toBe(0)
  await open()
  proxy.cut('half-close')
  await eventually(() => expect(closed).toContain('end'))
  proxy.set({ isRefusing: true })
  const before = closed.length
  await open().catch(() => {})
  await eventually(() => expect(closed.length).toBeGreaterThan(before))
})
