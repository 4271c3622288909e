import { createServer, type IncomingMessage, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

/**
 * A forward proxy (RFC 9110 §9.3.6), as companies have them. Only it can resolve `names`, which
 * lead to ports of this machine.
 */
export class ForwardProxy {
  /** The targets that clients asked for, as `host:port`. */
  readonly asked: string[] = []
  /** The request lines that went through the tunnels. */
  readonly requests: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server, names: Readonly<Record<string, number>>) {
    this.#server = server
    server.on('connection', (socket) => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    server.on('connect', (request: IncomingMessage, client: Socket, head: Buffer) => {
      const target = request.url ?? ''
      this.asked.push(target)
      const port = names[target.split(':')[0] ?? '']
      client.on('error', () => undefined)
      if (port === undefined) {
        client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
        return
      }
      const upstream = connect(port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        upstream.write(head)
        client.on('data', (bytes: Buffer) => this.#note(bytes))
        client.pipe(upstream).pipe(client)
      })
      upstream.on('error', () => client.destroy())
      client.on('close', () => upstream.destroy())
    })
    server.on('request', (request, response) => {
      this.asked.push(request.url ?? '')
      response.writeHead(501).end()
    })
  }

  static async open(names: Readonly<Record<string, number>>): Promise<ForwardProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return new ForwardProxy(server, names)
  }

  get url(): string {
    // A listening TCP server has an address with a port.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #note(bytes: Buffer): void {
    const [line = ''] = bytes.toString('latin1').split('\r\n', 1)
    if (/ HTTP\/1\.1$/.test(line)) this.requests.push(line)
  }
}
