import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Server } from './build-server.ts'

/** `adminPort`: see `buildAdmin`. 0 is any. */
export type Listening = { readonly host: string; readonly port: number; readonly adminPort: number }

/** Starts to answer, the operators first, and gives the ports, which matters when they were asked for as 0. */
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

// A server on a TCP port has an address of that form.
const portOf = ({ server }: FastifyInstance) => (server.address() as AddressInfo).port
