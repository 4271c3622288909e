import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { type Endpoint, openServiceProxy } from './service-proxy.ts'

const host = '127.0.0.1'
const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** Starts a pod that sends its name, then echoes. */
async function startPod(name: string): Promise<Endpoint> {
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.write(`${name} `)
    socket.on('error', () => {}).pipe(socket)
  })
  server.listen(0, host)
  await once(server, 'listening')
  closers.push(() => server.close())
  return { host, port: (server.address() as { port: number }).port } // the server listens on TCP
}

async function open(endpoints: () => readonly Endpoint[]): Promise<Endpoint> {
  const proxy = await openServiceProxy({ host, port: 0 }, endpoints)
  closers.push(() => proxy.close())
  return { host, port: proxy.port }
}

const ask = (service: Endpoint, words: string) => {
  const socket = connect({ ...service, allowHalfOpen: true })
  socket.end(words)
  return text(socket)
}

test('connections go to ready pods in turn, and bytes pass in both directions', async () => {
  const pods = [await startPod('chat-0'), await startPod('chat-1')]
  let ready = pods
  const service = await open(() => ready)
  expect([await ask(service, 'a'), await ask(service, 'b')].toSorted()).toEqual(['chat-0 a', 'chat-1 b'])
  ready = pods.slice(1)
  for (const words of ['c', 'd', 'e']) expect(await ask(service, words)).toBe(`chat-1 ${words}`)
})

test('a connection stays open when its pod is no longer ready', async () => {
  let ready = [await startPod('chat-0')]
  const service = await open(() => ready)
  const socket = connect(service)
  await once(socket, 'data')
  ready = []
  socket.write('still here')
  const [bytes] = (await once(socket, 'data')) as [Buffer] // the socket has no encoding
  expect(bytes.toString()).toBe('still here')
  socket.destroy()
})

test('a connection is reset when no pod is ready, or its pod is gone', async () => {
  const gone = await openServiceProxy({ host, port: 0 }, () => [])
  await gone.close()
  for (const endpoints of [[], [{ host, port: gone.port }]]) {
    const service = await open(() => endpoints)
    await expect(ask(service, 'anybody?')).rejects.toMatchObject({ code: 'ECONNRESET' })
  }
})
