import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { freePort } from '@fastchat/testkit'

/** An answer of the server to a REST request. */
export type Answer = { readonly status: number; readonly body: unknown }
/**
 * Returns the answer that the client gets instead. `asked` is the request, as "GET /v1/users/bob".
 */
export type RestLie = (answer: Answer, asked: string) => Answer

const host = '127.0.0.1'
const honest: RestLie = (answer) => answer

/**
 * A proxy between clients and an installation that changes the answers of REST. WebSockets pass
 * unchanged.
 */
export class LyingServer {
  lie: RestLie = honest
  /** Says for which requests the answer gets lost after the server has acted. */
  loses: (asked: string) => boolean = () => false
  /** Returns the answer to a request that the installation never gets. */
  keepsBack: (asked: string) => Answer | undefined = () => undefined
  readonly url: string
  readonly #server: Server
  readonly #target: URL
  readonly #sockets: URL

  private constructor(port: number, server: Server, target: URL, sockets: URL) {
    this.url = `http://${host}:${port}`
    this.#server = server
    this.#target = target
    this.#sockets = sockets
  }

  /**
   * Starts a proxy for the installation at `target`. WebSockets go to `sockets`, which may be a
   * lying pod.
   */
  static async start(target: string, sockets = target): Promise<LyingServer> {
    const port = await freePort()
    const server = createServer()
    const liar = new LyingServer(port, server, new URL(target), new URL(sockets.replace(/^ws/, 'http')))
    server.on('request', (req, res) => void liar.#answer(req, res))
    server.on('upgrade', (req, socket: Socket, head) => liar.#tunnel(req, socket, head))
    await new Promise<void>((resolve) => server.listen(port, host, resolve))
    return liar
  }

  stop(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const own = this.keepsBack(`${req.method} ${req.url}`)
    if (own) {
      req.resume()
      return void res.writeHead(own.status, { 'content-type': 'application/json' }).end(JSON.stringify(own.body))
    }
    const upstream = await new Promise<IncomingMessage>((resolve, reject) => {
      const { method, headers } = req
      req.pipe(request(new URL(req.url ?? '/', this.#target), { method, headers }, resolve).on('error', reject))
    }).catch(() => undefined)
    if (!upstream) return void res.destroy()
    const parts: Buffer[] = []
    for await (const part of upstream) parts.push(part as Buffer)
    const bytes = Buffer.concat(parts)
    const { statusCode: status = 500, headers } = upstream
    if (this.loses(`${req.method} ${req.url}`)) return void res.destroy()
    // Files of the page are passed on as they are. Services do not compress their answers.
    const isAnswer = headers['content-type']?.includes('json') && headers['content-encoding'] === undefined
    if (!isAnswer) return void res.writeHead(status, headers).end(bytes)
    // Clients must reach their pod through this proxy.
    const text = bytes.toString('utf8').replaceAll(/"wss?:\/\/[^"]*"/g, `"ws://${new URL(this.url).host}/ws"`)
    const told = this.lie({ status, body: JSON.parse(text) }, `${req.method} ${req.url}`)
    const body = JSON.stringify(told.body)
    const { 'retry-after': retryAfter } = headers
    res.writeHead(told.status, { 'content-type': 'application/json', ...(retryAfter && { 'retry-after': retryAfter }) })
    res.end(body)
  }

  #tunnel(req: IncomingMessage, socket: Socket, head: Buffer): void {
    const { method, headers } = req
    const upstream = request(new URL(req.url ?? '/', this.#sockets), { method, headers })
    upstream.on('upgrade', (answer, far, early) => {
      const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`)
      socket.write(['HTTP/1.1 101 Switching Protocols', ...lines, '', ''].join('\r\n'))
      socket.write(early)
      far.write(head)
      far.pipe(socket).pipe(far)
      for (const end of [far, socket]) end.on('error', () => [far, socket].map((one) => one.destroy()))
    })
    upstream.on('response', () => socket.destroy())
    upstream.on('error', () => socket.destroy())
    socket.on('error', () => upstream.destroy())
    upstream.end()
  }
}
