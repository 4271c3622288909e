import type { MessageId } from '@fastchat/schema'
import type { SpanContext } from '@opentelemetry/api'
import { type IdGenerator, RandomIdGenerator } from '@opentelemetry/sdk-trace'

/** The flag `TraceFlags.SAMPLED`. Only sampled messages have a context. */
const sampled = 1

/**
 * Returns the trace of a message, with the span of the send that stored it. Pods derive both from
 * the id, so they exchange nothing for it. The trace id is the message's id without dashes. The
 * span id is its last 8 bytes. These are never all zero, since the first holds the variant (RFC
 * 9562 §4.1).
 */
export function contextOf(id: MessageId): SpanContext {
  const traceId = id.replaceAll('-', '')
  return { traceId, spanId: traceId.slice(16), traceFlags: sampled, isRemote: true }
}

/** Generates random ids, or the chosen ids within `with`. */
export class ChosenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator()
  #chosen: SpanContext | undefined

  /**
   * Gives the ids of `chosen` to the one span that `begin` starts. That span must have no parent.
   */
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
