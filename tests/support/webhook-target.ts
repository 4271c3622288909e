import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server that webhooks are posted to. It answers with `answers`, one after another, then 200. */
export class WebhookTarget {
  readonly posts: { readonly headers: IncomingHttpHeaders; readonly body: string }[] = []
  readonly answers: number[] = []
  readonly #server: Server

  constructor() {
    this.#server = createServer(async (request, response) => {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      this.posts.push({ headers: request.headers, body: Buffer.concat(parts).toString() })
      response.writeHead(this.answers.shift() ?? 200, { location: '/elsewhere' }).end()
    })
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/hook`
  }

  texts(): string[] {
    return this.posts.map(({ body }) => (JSON.parse(body) as { text: string }).text)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
