import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Server } from './build-server.ts'

/** Where to listen. `adminPort` is for `buildAdmin`. Port 0 means any free port. */
export type Listening = { readonly host: string; readonly port: number; readonly adminPort: number }

/**
 * Starts both servers, the operators' one first. Returns the ports, which the caller needs after
 * asking for port 0.
 */
export async function listen(
  { app, admin }: Server,
  { host, port, adminPort }: Listening,
): Promise<Omit<Listening, 'host'>> {
  await admin.listen({ host, port: adminPort, listenTextResolver: () => 'listening' })
  await app.listen({ host, port, listenTextResolver: () => 'listening' })
  const bound = { port: portOf(app), adminPort: portOf(admin) }
  app.log.info(bound, 'ready')
  return bound
}

// The address of a server on a TCP port has this form.
const portOf = ({ server }: FastifyInstance) => (server.address() as AddressInfo).port
