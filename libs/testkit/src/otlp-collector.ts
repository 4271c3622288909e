import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** Of OTLP/JSON (https://opentelemetry.io/docs/specs/otlp/), as far as the tests look at it. */
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
  /** What it says of the process that it comes from. */
  readonly resource: Readonly<Record<string, string | number>>
}

/** `STATUS_CODE_ERROR`. */
const statusError = 2

/** An OpenTelemetry collector that keeps what it is sent, or, while `isHanging`, takes connections and answers nothing. */
export class OtlpCollector {
  readonly spans: Span[] = []
  /** Everything that came, headers included, as it was. */
  readonly received: Buffer[] = []
  requests = 0
  isHanging = false
  /** Requests that still wait for an answer which does not come. */
  hanging = 0
  /** What it answers. */
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
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}` // of a TCP server
  }

  /** All of one trace, in the order in which they began. */
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
