import {
  type Span as ApiSpan,
  type Attributes,
  type Context,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { SendOutcome } from '../domain/ports.ts'
import type { DeliveredEntry, TracedMessage, Traces } from '../domain/traces.ts'
import { messageIdOf } from './message-id-of.ts'
import { type ChosenIds, contextOf } from './trace-ids.ts'

export type TracesOptions = {
  readonly tracer: Tracer
  /** Those of the tracer's provider. */
  readonly ids: ChosenIds
  readonly isTraced: (traceId: string) => boolean
  /** Milliseconds since 1970. */
  readonly nowMs: () => number
}

type Span = {
  readonly kind: SpanKind
  readonly startTime: number
  readonly attributes: Attributes
  readonly links?: Link[]
  readonly isFailed?: boolean
}

/** In the trace of a message: its root span, or below that. */
type Place = { readonly context: SpanContext; readonly isRoot?: boolean }

/**
 * Spans of messages, made when what they tell of has ended. `chat.accept` of the send that stored the message is the root; everything
 * else, on whichever pod, is its child. A batch is a trace of its own, with links to and from the messages in it.
 */
export function createTraces({ tracer, ids, isTraced, nowMs }: TracesOptions): Traces {
  function tracedContext({ id }: Pick<TracedMessage, 'id'>): SpanContext | undefined {
    const context = contextOf(id)
    return isTraced(context.traceId) ? context : undefined
  }

  /** Commits and leaves are not traced. */
  function tracedEntry({ conversation, seq, kind }: Omit<DeliveredEntry, 'wire'>, frame: Buffer) {
    const id = kind === 'application' ? messageIdOf(frame) : undefined
    const context = id && tracedContext({ id })
    if (id === undefined || context === undefined) return undefined
    return { context, startTime: nowMs(), attributes: { ...idsOf({ id, conversation }), 'fastchat.seq': seq } }
  }

  /** Makes a span that ends now: in a trace of its own unless `place` says where. */
  function record(name: string, { isFailed = false, ...options }: Span, place?: Place): SpanContext {
    const begin = (context = ROOT_CONTEXT) => tracer.startSpan(name, options, context)
    const span = place === undefined ? begin() : beginAt(place, begin)
    if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(nowMs())
    return span.spanContext()
  }

  const beginAt = ({ context, isRoot = false }: Place, begin: (context?: Context) => ApiSpan): ApiSpan =>
    isRoot ? ids.with(context, begin) : begin(trace.setSpanContext(ROOT_CONTEXT, context))

  return {
    accepting(message) {
      const context = tracedContext(message)
      if (context === undefined) return undefined
      const startTime = nowMs()
      return (outcome) => {
        const attributes = { ...idsOf(message), ...resultOf(outcome) }
        // Refusals before it and repetitions after it are attempts at the same.
        const isRoot = outcome.ok && !outcome.duplicate
        record('chat.accept', { kind: SpanKind.SERVER, startTime, attributes }, { context, isRoot })
      }
    },

    waiting(message) {
      const context = tracedContext(message)
      if (context === undefined) return undefined
      const startTime = nowMs()
      return () =>
        void record('chat.queue', { kind: SpanKind.INTERNAL, startTime, attributes: idsOf(message) }, { context })
    },

    appending(messages) {
      const traced = messages.flatMap((message) => {
        const context = tracedContext(message)
        return context ? [{ message, context }] : []
      })
      if (traced.length === 0) return undefined
      const startTime = nowMs()
      return (isStored) => {
        const rows = { 'fastchat.batch.rows': messages.length }
        const span = { kind: SpanKind.CLIENT, startTime, attributes: rows, isFailed: !isStored }
        const batch = record('chat.batch', { ...span, links: traced.map(({ context }) => ({ context })) })
        for (const { message, context } of traced) {
          const attributes = { ...idsOf(message), ...rows }
          record('chat.append', { ...span, attributes, links: [{ context: batch }] }, { context })
        }
      }
    },

    publishing(delivery) {
      const traced = tracedEntry(delivery, delivery.frame)
      if (traced === undefined) return undefined
      const { context, startTime, attributes } = traced
      return () => void record('chat.publish', { kind: SpanKind.PRODUCER, startTime, attributes }, { context })
    },

    delivering(entry, via) {
      const traced = tracedEntry(entry, entry.wire)
      if (traced === undefined) return undefined
      const { context, startTime } = traced
      return (readers, sockets) => {
        const came = { 'fastchat.via': via, 'fastchat.readers': readers, 'fastchat.sockets': sockets }
        const attributes = { ...traced.attributes, ...came }
        record('chat.deliver', { kind: SpanKind.CONSUMER, startTime, attributes }, { context })
      }
    },
  }
}

const idsOf = ({ id, conversation }: TracedMessage): Attributes => ({
  'fastchat.message.id': id,
  'fastchat.conversation.id': conversation,
})

function resultOf(outcome: SendOutcome): Attributes {
  return outcome.ok
    ? { 'fastchat.result': outcome.duplicate ? 'duplicate' : 'stored', 'fastchat.seq': outcome.seq }
    : { 'fastchat.result': outcome.code }
}
