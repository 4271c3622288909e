import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, MonotonicMs } from '@fastchat/clock'
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

/** Further spans are lost. This is some MB, and covers some seconds without a collector. */
const maxQueuedSpans = 2_048
/** The spans of one request. Writing them as JSON takes some milliseconds. */
const maxBatchSpans = 256
const flushEveryMs = 1_000
const exportTimeoutMs = 5_000
/** Enough for all queued spans and the request in progress. */
const maxExports = maxQueuedSpans / maxBatchSpans + 1
/** The time for the last flush. The end of a pod must not wait longer for a collector. */
const lastFlushMs = 2_000
const warnEveryMs = 60_000

export type OpenTraces = Traces & { close(): Promise<void> }

export type OtlpDeps = { readonly pod: string; readonly log: Pick<Logger, 'warn'>; readonly clock: Clock }

/**
 * Sends traces to an OpenTelemetry collector in the background. If it does not take them, only the
 * traces are lost.
 */
export function otlpTraces(config: TraceConfig, { pod, log, clock }: OtlpDeps): OpenTraces {
  const exporter = warning(
    new OTLPTraceExporter({ url: config.url, timeoutMillis: exportTimeoutMs, concurrencyLimit: maxExports }),
    { log, clock },
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
    // The sampling decision comes before the span is made.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [processor],
  })
  // The sampler reads the whole id. The random half of a UUIDv7 suffices.
  const sampler = new TraceIdRatioBasedSampler(config.ratio)
  return {
    ...createTraces({
      tracer: provider.getTracer('fastchat'),
      ids,
      isTraced: (id) => sampler.shouldSample(ROOT_CONTEXT, id).decision === SamplingDecision.RECORD_AND_SAMPLED,
      spanMs: createSpanClock(clock),
    }),
    async close() {
      // The exporter logs failures.
      const flushed = provider.shutdown().catch(() => undefined)
      await Promise.race([flushed, delay(lastFlushMs, undefined, { ref: false })])
    },
  }
}

/** Logs the spans that `exporter` lost, at most once a minute. */
function warning(exporter: SpanExporter, { log, clock }: Pick<OtlpDeps, 'log' | 'clock'>): SpanExporter {
  let lostSpans = 0
  let warnedAt: MonotonicMs | undefined
  return {
    export(spans, onResult) {
      exporter.export(spans, (result) => {
        if (result.error) {
          lostSpans += spans.length
          const at = clock.monotonicMs()
          if (warnedAt === undefined || at - warnedAt > warnEveryMs) {
            warnedAt = at
            log.warn({ err: result.error, lostSpans }, 'traces rejected by the collector')
            lostSpans = 0
          }
        }
        onResult(result)
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
