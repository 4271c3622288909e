import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Delivery, SendOutcome } from './ports.ts'

/** What a trace knows of a message: which it is, never what is in it nor who wrote it. */
export type TracedMessage = { readonly id: MessageId; readonly conversation: ConversationId }

/**
 * How an entry came to the pod that delivers it: stored here, over the bus, or read from the log because a later entry (`gap`), a
 * sweep or the position of a device that came showed it; `backlog` is what one device had still to be given.
 */
export type Via = 'writer' | 'bus' | 'gap' | 'sweep' | 'join' | 'backlog'

/**
 * The way of messages through the pods, for operators. Nobody has one unless they asked for it, so each use is one question
 * (`traces?.`) when they have not. Each method is called when something begins, and what it gives when that has ended; it gives nothing for
 * a message that is not among those that are traced.
 */
export type Traces = {
  /** From a device's `send` to its answer. */
  accepting(message: TracedMessage): ((outcome: SendOutcome) => void) | undefined
  /** For the writer's next batch. */
  waiting(message: TracedMessage): (() => void) | undefined
  /** One call of the database for all of them. */
  appending(messages: readonly TracedMessage[]): ((isStored: boolean) => void) | undefined
  publishing(delivery: Omit<Delivery, 'key'>): (() => void) | undefined
  /** To the sockets of this pod: to `written` of the `readers` at once, to the others when they are ready for it. */
  delivering(entry: DeliveredEntry, via: Via): ((readers: number, written: number) => void) | undefined
}

/** `wire`: its `message` frame, whatever stands around it. */
export type DeliveredEntry = Pick<Delivery, 'conversation' | 'seq' | 'kind'> & { readonly wire: Buffer }
