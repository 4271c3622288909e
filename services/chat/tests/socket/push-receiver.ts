import { readFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createCertificateAuthority } from '@fastchat/testkit'

export type Received = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string }

/** A push service on this machine, which keeps what it gets. */
export type PushReceiver = {
  readonly origin: string
  /** The certificate that its own is signed by. */
  readonly ca: string
  readonly received: Received[]
  /** The status for pushes to each path; 201 for others. */
  readonly status: Map<string, number>
  /** Returns the paths of all pushes, sorted. */
  paths(): string[]
  close(): Promise<void>
}

export async function openPushReceiver(): Promise<PushReceiver> {
  const authority = await createCertificateAuthority()
  const { certFile, keyFile } = await authority.issue('localhost')
  const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)])
  const received: Received[] = []
  const status = new Map<string, number>()
  const server = createServer({ cert, key }, (request, response) => {
    const path = request.url ?? ''
    let body = ''
    request.setEncoding('utf8').on('data', (part) => {
      body += part
    })
    request.on('end', () => {
      received.push({ path, headers: request.headers, body })
      response.writeHead(status.get(path) ?? 201, { location: '/elsewhere' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    ca: authority.certificate,
    ...{ received, status },
    paths: () => received.map(({ path }) => path).sort(),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await authority.remove()
    },
  }
}
