import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ErrorCode, errors, limits } from '@fastchat/schema'
import { TestServer } from './test-server.ts'

type Upload = { bytes: Buffer; size: number }
export type AttachmentLie = 'changed' | 'short' | 'long' | 'gap'

const step = limits.uploadStepBytes

/**
 * The attachments of a server for tests, in memory. It breaks, forgets and lies as the test says.
 */
export class AttachmentServer {
  lie: AttachmentLie | undefined
  /** The error with which every upload is refused. */
  refusal: ErrorCode | undefined
  /** Requests that were refused because the server is down. */
  refused = 0
  conflicts = 0
  /** Whether two uploads of one id had different bytes at one place. */
  everDifferent = false
  /** The offsets of the parts that began to arrive, in order. */
  readonly offsets: number[] = []
  /** The offsets of the downloads. */
  readonly downloads: number[] = []
  readonly #server: TestServer
  readonly #uploads = new Map<string, Upload>()
  readonly #ever = new Map<string, Buffer>()
  #break: { after: number; andStayDown: boolean; andForget: boolean } | undefined
  #cutDownloads = { after: 0, times: 0 }
  #isDown = false

  private constructor(server: TestServer) {
    this.#server = server
    server.onRequest = (request, response) => void this.#answer(request, response)
  }

  static async start(): Promise<AttachmentServer> {
    return new AttachmentServer(await TestServer.start())
  }

  get url(): string {
    return this.#server.url
  }

  async stop(): Promise<void> {
    await this.#server.stop()
  }

  bytesOf(id: string): Uint8Array {
    return new Uint8Array(this.#uploads.get(id)?.bytes ?? [])
  }

  /** Breaks the link once, when so many bytes of an upload have arrived. */
  breakUploadAfter(after: number, { andStayDown = false, andForget = false } = {}): void {
    this.#break = { after, andStayDown, andForget }
  }

  breakDownloadsAfter(after: number, { times }: { readonly times: number }): void {
    this.#cutDownloads = { after, times }
  }

  up(): void {
    this.#isDown = false
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.#isDown) {
      this.refused++
      return void request.socket.destroy()
    }
    const { pathname, searchParams } = new URL(request.url ?? '', this.url)
    const [, id = '', what] = /^\/v1\/attachments\/([^/]+)(\/upload)?$/.exec(pathname) ?? []
    if (request.method === 'PUT') return await this.#put(id, searchParams, request, response)
    const upload = this.#uploads.get(id)
    if (!upload) return refuse(response, 'not_found')
    if (what) return json(response, 200, { received: upload.bytes.length, size: upload.size })
    this.#get(upload, Number(searchParams.get('offset') ?? 0), response)
  }

  async #put(id: string, query: URLSearchParams, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [offset, size] = [Number(query.get('offset')), Number(query.get('size'))]
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part)
    if (this.refusal) return refuse(response, this.refusal)
    if (this.lie === 'gap') return refuse(response, 'upload_gap')
    this.offsets.push(offset)
    const body = Buffer.concat(parts)
    const breaking = this.#break !== undefined && offset + body.length > this.#break.after ? this.#break : undefined
    const taken = breaking ? body.subarray(0, Math.floor((breaking.after - offset) / step) * step) : body
    const upload = this.#uploads.get(id) ?? { bytes: Buffer.alloc(0), size }
    if (offset > upload.bytes.length) return refuse(response, 'upload_gap')
    const known = upload.bytes.subarray(offset, offset + taken.length)
    if (!known.equals(taken.subarray(0, known.length))) {
      this.conflicts++
      return refuse(response, 'conflict')
    }
    upload.bytes = Buffer.concat([upload.bytes, taken.subarray(known.length)])
    this.#uploads.set(id, upload)
    this.#compareWithEarlier(id, upload.bytes)
    if (!breaking) return json(response, 201, { size: upload.bytes.length })
    this.#break = undefined
    this.#isDown = breaking.andStayDown
    if (breaking.andForget) this.#uploads.delete(id)
    request.socket.destroy()
  }

  #compareWithEarlier(id: string, bytes: Buffer): void {
    const earlier = this.#ever.get(id) ?? Buffer.alloc(0)
    const shared = Math.min(earlier.length, bytes.length)
    if (!earlier.subarray(0, shared).equals(bytes.subarray(0, shared))) this.everDifferent = true
    if (bytes.length > earlier.length) this.#ever.set(id, Buffer.from(bytes))
  }

  #get({ bytes }: Upload, offset: number, response: ServerResponse): void {
    this.downloads.push(offset)
    const rest = Buffer.from(bytes.subarray(offset))
    if (this.lie === 'changed') rest[rest.length >> 1]! ^= 1
    if (this.lie === 'short') return void response.end(rest.subarray(0, rest.length - 1))
    if (this.lie === 'long') return void response.end(Buffer.concat([rest, Buffer.from('x')]))
    const { after, times } = this.#cutDownloads
    if (times > 0 && bytes.length > after) {
      this.#cutDownloads = { after, times: times - 1 }
      response.writeHead(200, { 'content-length': rest.length })
      response.write(rest.subarray(0, Math.max(0, after - offset)), () => response.destroy())
      return
    }
    response.end(rest)
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

function refuse(response: ServerResponse, code: ErrorCode): void {
  const { status, message } = errors[code]
  json(response, status, { error: { code, message, requestId: 'test' } })
}
