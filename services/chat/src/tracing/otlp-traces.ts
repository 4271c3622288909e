import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@fastchat/service'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { Traces } from '../domain/traces.ts'
import type { TraceConfig } from './config.ts'
import { createTraces } from './create-traces.ts'
import { createSpanClock } from './span-clock.ts'
import { ChosenIds } from './trace-ids.ts'

/** Spans beyond these are lost: some MB, and seconds of a collector's absence. */
const maxQueuedSpans = 2_048
/** To be written as JSON in one go, in some milliseconds. */
const maxBatchSpans = 256
const flushEveryMs = 1_000
const exportTimeoutMs = 5_000
/** All that can be queued, and what is under way. */
const maxExports = maxQueuedSpans / maxBatchSpans + 1
/** At the end of the pod, which waits for nobody who is only to look on. */
const lastFlushMs = 2_000
const warnEveryMs = 60_000

export type OpenTraces = Traces & { close(): Promise<void> }

/** Traces that go to an OpenTelemetry collector in the background. When it does not take them they are lost, and nothing else is. */
export function otlpTraces(config: TraceConfig, { pod, log }: { pod: string; log: Pick<Logger, 'warn'> }): OpenTraces {
  const exporter = warning(
    new OTLPTraceExporter({ url: config.url, timeoutMillis: exportTimeoutMs, concurrencyLimit: maxExports }),
    log,
  )
  const processor = new BatchSpanProcessor({
    exporter,
    maxQueueSize: maxQueuedSpans,
    maxExportBatchSize: maxBatchSpans,
    scheduledDelayMillis: flushEveryMs,
    exportTimeoutMillis: exportTimeoutMs,
  })
  const service = { 'service.namespace': 'fastchat', 'service.name': config.serviceName, 'service.instance.id': pod }
  const ids = new ChosenIds()
  const provider = new TracerProvider({
    resource: defaultResource().merge(resourceFromAttributes(service)),
    // Which messages are traced is decided before there is a span.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
  })
  // It looks at all of an id, and the random half of a UUIDv7 is enough for it.
  const sampler = new TraceIdRatioBasedSampler(config.ratio)
  return {
    ...createTraces({
      tracer: provider.getTracer('fastchat'),
      ids,
      isTraced: (id) => sampler.shouldSample(ROOT_CONTEXT, id).decision === SamplingDecision.RECORD_AND_SAMPLED,
      nowMs: createSpanClock(Date.now, () => performance.timeOrigin + performance.now()),
    }),
    async close() {
      // What fails is logged by the exporter.
      const flushed = provider.shutdown().catch(() => undefined)
      await Promise.race([flushed, delay(lastFlushMs, undefined, { ref: false })])
    },
  }
}

/** Logs what `exporter` did not get rid of, now and then. */
function warning(exporter: SpanExporter, log: Pick<Logger, 'warn'>): SpanExporter {
  let lostSpans = 0
  let warnedAtMs = Number.NEGATIVE_INFINITY
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        if (result.error) {
          lostSpans += spans.length
          if (performance.now() - warnedAtMs > warnEveryMs) {
            warnedAtMs = performance.now()
            log.warn({ err: result.error, lostSpans }, 'traces not taken by the collector')
            lostSpans = 0
          }
        }
        onResult(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
