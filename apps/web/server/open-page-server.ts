import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { answerPage } from './answer-page.ts'
import type { PageFiles } from './read-page-files.ts'

/** The most connections at once. Each costs some 10 KB; a proxy before it needs few. */
const maxConnections = 4_096
/** The time after which an idle connection is closed. Proxies close theirs after 60 s. */
const idleMs = 65_000
/** Endpoints and proxies stop sending requests here within this time. */
const leavingMs = 5_000
/** The longest time that requests in flight get when the server closes. */
const closeMs = 10_000

export type PageServer = {
  readonly port: number
  readonly adminPort: number
  close(): Promise<void>
}

/**
 * Serves the page, and nothing else. The operators' port has `/livez`, `/readyz`, and `/drain`,
 * which answers after 5 s, when no proxy sends requests here any more.
 */
export async function openPageServer(
  files: PageFiles,
  where: { readonly host: string; readonly port: number; readonly adminPort: number },
  leaveMs = leavingMs,
): Promise<PageServer> {
  let isLeaving = false
  const admin = createServer((request, response) => {
    if (request.url === '/livez') end(response, 200)
    else if (request.url === '/readyz') end(response, isLeaving ? 503 : 200)
    else if (request.url === '/drain') {
      isLeaving = true
      void delay(leaveMs, undefined, { ref: false }).then(() => end(response, 200))
    } else end(response, 404)
  })
  const pages = createServer({ keepAliveTimeout: idleMs }, (request, response) => answerPage(files, request, response))
  pages.maxConnections = maxConnections
  const [adminPort, port] = [
    await listen(admin, where.host, where.adminPort),
    await listen(pages, where.host, where.port),
  ]
  return {
    ...{ port, adminPort },
    close: async () => {
      isLeaving = true
      await Promise.all([close(pages), close(admin)])
    },
  }
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status).end()
}

async function listen(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return (server.address() as AddressInfo).port // the address of a server on a TCP port
}

/** Lets the requests in flight end, and closes what is left then. */
async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  await Promise.race([closed, delay(closeMs, undefined, { ref: false })])
  server.closeAllConnections()
}
