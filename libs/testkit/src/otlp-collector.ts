import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/**
 * A value of OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/), with the kinds that the tests
 * read.
 */
type Value = { readonly stringValue?: string; readonly intValue?: number | string; readonly doubleValue?: number }
type Attribute = { readonly key: string; readonly value: Value }
type OtlpSpan = {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly Attribute[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status?: { readonly code?: number }
}
type OtlpRequest = {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[]
  }[]
}

export type Span = Pick<OtlpSpan, 'traceId' | 'spanId' | 'parentSpanId' | 'name'> & {
  readonly startNs: bigint
  readonly endNs: bigint
  readonly attributes: Readonly<Record<string, string | number>>
  readonly links: readonly string[]
  readonly isFailed: boolean
  /** The attributes of the process that sent the span. */
  readonly resource: Readonly<Record<string, string | number>>
}

/** The number of `STATUS_CODE_ERROR` in OTLP. */
const statusError = 2

/**
 * An OpenTelemetry collector that keeps every span it receives. While `isHanging`, it accepts
 * requests and does not answer.
 */
export class OtlpCollector {
  readonly spans: Span[] = []
  /** The request line, headers and body of each request, byte for byte. */
  readonly received: Buffer[] = []
  requests = 0
  isHanging = false
  /** The number of requests that wait for an answer while `isHanging`. */
  hanging = 0
  /** The HTTP status of its answers. */
  status = 200
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async open(): Promise<OtlpCollector> {
    const server = createServer()
    const collector = new OtlpCollector(server)
    server.on('request', async (req, res) => {
      if (req.method !== 'POST') return void res.end()
      const body = await buffer(req)
      collector.requests++
      if (collector.isHanging) {
        collector.hanging++
        res.on('close', () => collector.hanging--)
        return
      }
      collector.received.push(Buffer.from(`${req.url}\n${req.rawHeaders.join('\n')}\n`), body)
      collector.spans.push(...spansOf(JSON.parse(body.toString()) as OtlpRequest))
      res.writeHead(collector.status, { 'content-type': 'application/json' }).end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return collector
  }

  get url(): string {
    // A TCP server has an AddressInfo.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Returns the spans of one trace, ordered by their start. */
  trace(traceId: string): Span[] {
    return this.spans.filter((span) => span.traceId === traceId).sort((a, b) => Number(a.startNs - b.startNs))
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function spansOf({ resourceSpans }: OtlpRequest): Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, parentSpanId, name, ...span }) => ({
        traceId,
        spanId,
        ...(parentSpanId && { parentSpanId }),
        name,
        startNs: BigInt(span.startTimeUnixNano),
        endNs: BigInt(span.endTimeUnixNano),
        attributes: recordOf(span.attributes),
        links: (span.links ?? []).map((link) => `${link.traceId}/${link.spanId}`),
        isFailed: span.status?.code === statusError,
        resource: recordOf(resource.attributes),
      })),
    ),
  )
}

function recordOf(attributes: readonly Attribute[] = []): Record<string, string | number> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
  )
}
