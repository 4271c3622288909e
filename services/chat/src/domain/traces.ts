import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Delivery, SendOutcome } from './ports.ts'

/** The ids of a traced message. A trace never holds its content or its author. */
export type TracedMessage = { readonly id: MessageId; readonly conversation: ConversationId }

/**
 * The way by which an entry came to the pod that delivers it. `writer`: stored here. `bus`: from
 * another pod. `gap`, `sweep`, `join`: read from the log after a later entry, a sweep or the
 * position of a device that connected showed it. `backlog`: read from the log for one device that
 * was behind.
 */
export type Via = 'writer' | 'bus' | 'gap' | 'sweep' | 'join' | 'backlog'

/**
 * Traces messages through the pods, for operators. Traces are off unless the operator configures
 * them, so each use is `traces?.`. Each method is called when a step begins, and returns a function
 * to call when the step has ended. It returns undefined for a message that is not sampled.
 */
export type Traces = {
  /** Traces a device's `send` until its answer. */
  accepting(message: TracedMessage): ((outcome: SendOutcome) => void) | undefined
  /** Traces the wait for the writer's next batch. */
  waiting(message: TracedMessage): (() => void) | undefined
  /** Traces one call of the database for a batch of messages. */
  appending(messages: readonly TracedMessage[]): ((isStored: boolean) => void) | undefined
  /** Traces the call that publishes an entry to the other pods. */
  publishing(delivery: Omit<Delivery, 'key'>): (() => void) | undefined
  /**
   * Traces the delivery to this pod's sockets. Of the `readers`, `written` get the entry at once,
   * the others once they are ready.
   */
  delivering(entry: DeliveredEntry, via: Via): ((readers: number, written: number) => void) | undefined
}

/**
 * An entry on its way to sockets. `wire` holds its `message` frame, with or without a WebSocket
 * header.
 */
export type DeliveredEntry = Pick<Delivery, 'conversation' | 'seq' | 'kind'> & { readonly wire: Buffer }
