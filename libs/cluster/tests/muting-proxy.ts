import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '@fastchat/testkit'

/**
 * Starts a proxy of Redis. After `mute`, connections that are open get no published messages, as if
 * the server or client had lost their subscriptions. Later connections work.
 */
export async function startMutingProxy(redisUrl: string) {
  const sockets = new Set<Socket>()
  const muted = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(redisUrl).port), '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => undefined)
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
    }
    client.on('data', (bytes) => upstream.write(bytes))
    upstream.on('data', (bytes) => {
      if (!(muted.has(upstream) && bytes.includes('$7\r\nmessage\r\n'))) client.write(bytes)
    })
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    url: `redis://127.0.0.1:${port}`,
    mute: () => {
      for (const socket of sockets) muted.add(socket)
    },
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
