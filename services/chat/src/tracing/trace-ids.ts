import type { MessageId } from '@fastchat/schema'
import type { SpanContext } from '@opentelemetry/api'
import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace'

/** `TraceFlags.SAMPLED`: what is not traced gets no context. */
const sampled = 1

/**
 * The trace of a message, and in it the span of the send that stored it: each pod derives both from the id alone, so pods tell each other
 * nothing for it. The trace id is the message's id, without its dashes; the span id its last 8 bytes, which are never all
 * zero, because the first has the variant (RFC 9562 §4.1).
 */
export function contextOf(id: MessageId): SpanContext {
  const traceId = id.replaceAll('-', '')
  return { traceId, spanId: traceId.slice(16), traceFlags: sampled, isRemote: true }
}

/** Random ids, but for a span that is to have chosen ones. */
export class ChosenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #chosen: SpanContext | undefined

  /** `begin` begins one span, without a parent, which has the ids of `chosen`. */
  with<T>(chosen: SpanContext, begin: () => T): T {
    this.#chosen = chosen
    try {
      return begin()
    } finally {
      this.#chosen = undefined
    }
  }

  generateTraceId(): string {
    return this.#chosen?.traceId ?? this.#random.generateTraceId()
  }

  generateSpanId(): string {
    return this.#chosen?.spanId ?? this.#random.generateSpanId()
  }
}
