import {
  type Attributes,
  type Link,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import type { SendOutcome } from '../domain/ports.ts'
import type { TracedMessage, Traces } from '../domain/traces.ts'
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

/**
 * Spans of messages, made when what they tell of has ended. `chat.accept` of the send that stored the message is the root; everything
 * else, on whichever pod, is its child. A batch is a trace of its own, with links to and from the messages in it.
 */
export function createTraces({ tracer, ids, isTraced, nowMs }: TracesOptions): Traces {
  function tracedContext({ id }: Pick<TracedMessage, 'id'>): SpanContext | undefined {
    const context = contextOf(id)
    return isTraced(context.traceId) ? context : undefined
  }

  /** The root of the trace `parent`, or a child of it; one without a parent begins a trace of its own. */
  function record(name: string, span: Span, parent?: SpanContext, isRoot = false): SpanContext {
    const { isFailed = false, ...options } = span
    const under = (context = ROOT_CONTEXT) => tracer.startSpan(name, options, context)
    const made =
      parent === undefined
        ? under()
        : isRoot
          ? ids.with(parent, under)
          : under(trace.setSpanContext(ROOT_CONTEXT, parent))
    if (isFailed) made.setStatus({ code: SpanStatusCode.ERROR })
    made.end(nowMs())
    return made.spanContext()
  }

  return {
    accepting(message) {
      const context = tracedContext(message)
      if (context === undefined) return undefined
      const startTime = nowMs()
      return (outcome) => {
        const attributes = { ...idsOf(message), ...resultOf(outcome) }
        // Refusals before it and repetitions after it are attempts at the same.
        const isRoot = outcome.ok && !outcome.duplicate
        record('chat.accept', { kind: SpanKind.SERVER, startTime, attributes }, context, isRoot)
      }
    },

    waiting(message) {
      const context = tracedContext(message)
      if (context === undefined) return undefined
      const startTime = nowMs()
      return () =>
        void record('chat.queue', { kind: SpanKind.INTERNAL, startTime, attributes: idsOf(message) }, context)
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
          record('chat.append', { ...span, attributes, links: [{ context: batch }] }, context)
        }
      }
    },

    publishing({ conversation, seq, kind, frame }) {
      const message = kind === 'application' ? messageIn(frame, conversation) : undefined
      const context = message && tracedContext(message)
      if (message === undefined || context === undefined) return undefined
      const startTime = nowMs()
      const attributes = { ...idsOf(message), 'fastchat.seq': seq }
      return () => void record('chat.publish', { kind: SpanKind.PRODUCER, startTime, attributes }, context)
    },

    delivering({ conversation, seq, kind, wire }, via) {
      const message = kind === 'application' ? messageIn(wire, conversation) : undefined
      const context = message && tracedContext(message)
      if (message === undefined || context === undefined) return undefined
      const startTime = nowMs()
      return (readers, written) => {
        const came = { 'fastchat.seq': seq, 'fastchat.via': via }
        const attributes = { ...idsOf(message), ...came, 'fastchat.readers': readers, 'fastchat.sockets': written }
        record('chat.deliver', { kind: SpanKind.CONSUMER, startTime, attributes }, context)
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

function messageIn(frame: Buffer, conversation: TracedMessage['conversation']): TracedMessage | undefined {
  const id = messageIdOf(frame)
  return id && { id, conversation }
}
