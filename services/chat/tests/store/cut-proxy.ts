import { connect, createServer, type Socket } from 'node:net'
import { freePort } from '@fastchat/testkit'

/**
 * Starts a proxy to PostgreSQL whose connections can stall silently, as when a host or its network
 * fails.
 */
export async function startCutProxy(databaseUrl: string) {
  const target = new URL(databaseUrl)
  const clients = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    clients.add(client)
    client.on('error', () => undefined).on('close', () => upstream.destroy())
    upstream.on('error', () => undefined).on('close', () => client.destroy())
    client.pipe(upstream).pipe(client)
  })
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  const cut = () => {
    for (const client of clients) client.resetAndDestroy()
    clients.clear()
  }
  return {
    url: url.href,
    cut,
    close: () => {
      cut()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
