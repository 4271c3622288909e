import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  allowedMethods,
  authOperations,
  balancerOperations,
  chatOperations,
  type Endpoint,
  type ErrorCode,
  errors,
  routes,
} from '@fastchat/schema'
import { OperatorError } from '@fastchat/testkit/local'
import { answerPage, readPageFiles } from '@fastchat/web/server'
import proxy from '@fastify/http-proxy'
import fastify from 'fastify'
import { forwardedFor } from './forwarded-for.ts'
import type { Locate } from './locate.ts'
import { tunnelUpgrade } from './tunnel.ts'

export type FrontDoor = { readonly url: string; close(): Promise<void> }

/**
 * Opens the single origin of a local installation. It routes REST by the table of routes, and
 * WebSockets to the chat pod that their path names, or to any. It listens first, so that a taken
 * port is noticed before anything starts, and answers `busy` for services that are not up.
 *
 * @param options.proxies see `forwardedFor`
 * @param options.web the folder of the page's files, which stand beside the routes
 */
export async function openFrontDoor(
  port: number,
  locate: Locate,
  { proxies = [], web }: { readonly proxies?: readonly string[]; readonly web?: string } = {},
): Promise<FrontDoor> {
  const clientOf = forwardedFor(proxies)
  const app = fastify({ forceCloseConnections: true, trustProxy: false })
  const upstreams = new WeakMap<object, string>()

  for (const { prefix, service } of routes) {
    app.register(proxy, {
      upstream: '',
      prefix,
      rewritePrefix: prefix,
      preHandler: (request, reply, proceed) => {
        const upstream = locate(service)
        if (upstream === undefined) {
          sendError(reply, service === 'chat' ? 'no_services_available' : 'busy')
          return
        }
        upstreams.set(request, upstream)
        proceed()
      },
      replyOptions: {
        getUpstream: (request) => upstreams.get(request) ?? '',
        // This server has answered "Expect" already, and the client to the service would not send
        // it.
        rewriteRequestHeaders: (request, { expect: _, ...headers }) => ({
          ...headers,
          'x-forwarded-for': clientOf(request.raw),
        }),
        onError: (reply) => void sendError(reply, 'busy'),
      },
    })
  }
  if (web !== undefined) {
    const files = readPageFiles(web)
    for (const path of files.keys())
      app.get(path, (request, reply) => {
        reply.hijack()
        answerPage(files, request.raw, reply.raw)
      })
  }
  app.setNotFoundHandler((request, reply) => {
    // The proxy passes common methods on, and the services answer those. Other methods end here.
    const [path = ''] = request.url.split('?')
    const methods = allowedMethods(path, endpoints)
    if (methods.length === 0) return sendError(reply, 'not_found')
    return sendError(reply.header('allow', methods.join(', ')), 'method_not_allowed')
  })
  app.setErrorHandler((_error, _request, reply) => sendError(reply, 'bad_request'))
  const second = createServer((request, response) => app.routing(request, response))
  for (const server of [app.server, second])
    server.on('upgrade', (request, socket, head) => tunnelUpgrade(request, socket, head, { locate, clientOf }))
  const close = async () => {
    second.close()
    second.closeAllConnections()
    await app.close()
  }
  try {
    await app.listen({ port, host: '127.0.0.1' })
    await listenIfThere(second, { port, host: '::1' })
  } catch (cause) {
    await close()
    throw portError(port, cause)
  }
  // A listening TCP server has an address with a port.
  const address = app.server.address() as AddressInfo
  return { url: `http://localhost:${address.port}`, close }
}

/**
 * Listens at one of the addresses of "localhost", whatever the hosts file says. A machine without
 * IPv6 lacks one of them.
 */
async function listenIfThere(server: Server, where: { readonly port: number; readonly host: string }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve()
      else reject(error)
    })
    server.listen(where, resolve)
  })
}

const endpoints: readonly Endpoint[] = [
  ...[authOperations, balancerOperations, chatOperations].flatMap((operations) => Object.values(operations)),
  { method: 'GET', path: '/ws/:pod?' },
]

/**
 * The parts of a fastify reply that are used. Its full type differs between the places that pass
 * it.
 */
type Reply = {
  readonly request: { readonly id: string }
  code(status: number): unknown
  header(name: string, value: string): unknown
  send(body: unknown): unknown
}

function sendError(reply: Reply, code: ErrorCode): unknown {
  const { status, message, retry } = errors[code]
  if (retry) reply.header('retry-after', '1')
  reply.code(status)
  return reply.send({ error: { code, message, requestId: reply.request.id } })
}

function portError(port: number, cause: unknown): OperatorError {
  const { code = 'error' } = cause as NodeJS.ErrnoException // `listen` rejects with a system error
  const why = code === 'EADDRINUSE' ? 'is taken by another program' : `can't be listened on (${code})`
  return new OperatorError(`port ${port} ${why}: stop that, or choose another with PORT=${port + 1} npm start`, {
    cause,
  })
}
