import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'

export type Endpoint = { readonly host: string; readonly port: number }

export type ServiceProxy = { readonly port: number; close(): Promise<void> }

/**
 * Opens a ClusterIP: an address that passes each connection to a ready pod, in turn. Open
 * connections stay when their pod is no longer ready. When no pod is ready, a connection is reset.
 */
export async function openServiceProxy(
  { host, port }: Endpoint,
  endpoints: () => readonly Endpoint[],
): Promise<ServiceProxy> {
  const sockets = new Set<Socket>()
  let turn = 0
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const ready = endpoints()
    const target = ready[turn++ % Math.max(1, ready.length)]
    socket.on('error', () => {})
    if (target === undefined) return socket.resetAndDestroy()
    const onward = connect({ ...target, allowHalfOpen: true })
    onward.once('error', () => socket.resetAndDestroy())
    for (const one of [socket, onward]) {
      sockets.add(one)
      one.once('close', () => sockets.delete(one))
      one.setNoDelay()
    }
    pipeline(socket, onward, () => {})
    return pipeline(onward, socket, () => {})
  })
  server.listen(port, host)
  await once(server, 'listening')
  return { port: portOf(server), close: () => close(server, sockets) }
}

async function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  server.close()
  for (const socket of sockets) socket.destroy()
  await once(server, 'close')
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return address.port
}
