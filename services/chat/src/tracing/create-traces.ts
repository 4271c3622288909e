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
  /** The id generator of the tracer's provider. */
  readonly ids: ChosenIds
  readonly isTraced: (traceId: string) => boolean
  /** Returns milliseconds since 1970, with fractions. See `createSpanClock`. */
  readonly spanMs: () => number
}

type Span = {
  readonly kind: SpanKind
  readonly startTime: number
  readonly attributes: Attributes
  readonly links?: Link[]
  readonly isFailed?: boolean
}

/** A position in the trace of a message: its root span, or a child of that. */
type SpanPosition = { readonly context: SpanContext; readonly isRoot?: boolean }

/**
 * Creates traces of messages. A span is made when its step has ended. The root is `chat.accept` of
 * the send that stored the message. Spans of all pods are its children. A batch has a separate
 * trace, with links to and from its messages.
 */
export function createTraces({ tracer, ids, isTraced, spanMs }: TracesOptions): Traces {
  function tracedContext({ id }: Pick<TracedMessage, 'id'>): SpanContext | undefined {
    const context = contextOf(id)
    return isTraced(context.traceId) ? context : undefined
  }

  /**
   * Returns the context of a message's entry. Undefined for commits and leaves, which are not
   * traced.
   */
  function tracedEntry({ conversation, seq, kind }: Omit<DeliveredEntry, 'wire'>, frame: Buffer) {
    const id = kind === 'application' ? messageIdOf(frame) : undefined
    const context = id && tracedContext({ id })
    if (id === undefined || context === undefined) return undefined
    return { context, startTime: spanMs(), attributes: { ...idsOf({ id, conversation }), 'fastchat.seq': seq } }
  }

  /** Makes a span that ends now. Without a position it begins a new trace. */
  function record(name: string, { isFailed = false, ...options }: Span, position?: SpanPosition): SpanContext {
    const begin = (context = ROOT_CONTEXT) => tracer.startSpan(name, options, context)
    const span = position === undefined ? begin() : beginAt(position, begin)
    if (isFailed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end(spanMs())
    return span.spanContext()
  }

  const beginAt = ({ context, isRoot = false }: SpanPosition, begin: (context?: Context) => ApiSpan): ApiSpan =>
    isRoot ? ids.with(context, begin) : begin(trace.setSpanContext(ROOT_CONTEXT, context))

  return {
    accepting(message) {
      const context = tracedContext(message)
      if (context === undefined) return undefined
      const startTime = spanMs()
      return (outcome) => {
        const attributes = { ...idsOf(message), ...resultOf(outcome) }
        // Refused attempts and later retries are children of the same trace.
        const isRoot = outcome.ok && !outcome.duplicate
        record('chat.accept', { kind: SpanKind.SERVER, startTime, attributes }, { context, isRoot })
      }
    },

    waiting(message) {
      const context = tracedContext(message)
      if (context === undefined) return undefined
      const startTime = spanMs()
      return () =>
        void record('chat.queue', { kind: SpanKind.INTERNAL, startTime, attributes: idsOf(message) }, { context })
    },

    appending(messages) {
      const traced = messages.flatMap((message) => {
        const context = tracedContext(message)
        return context ? [{ message, context }] : []
      })
      if (traced.length === 0) return undefined
      const startTime = spanMs()
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
