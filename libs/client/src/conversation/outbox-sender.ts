import { type ClientFrames, isErrorCode, limits, type MessageId } from '@fastchat/schema'
import { ServerError, Unreachable } from '../errors.ts'
import { pause } from '../net/backoff.ts'
import type { OutboxRecord } from '../store/records.ts'

/** What the line asks of its conversation. */
export type OutboxSenderPort = {
  /** The next unanswered message after that place in the line, encrypted. Undefined: nothing can be sent now. */
  prepare(afterOrder: number): Promise<OutboxRecord | undefined>
  transmit(frame: ClientFrames['send']): Promise<{ readonly seq?: number; readonly at?: number }>
  stored(id: MessageId, seq: number, at: number): Promise<void>
  /** This epoch is over for exactly these bytes: they may be encrypted again. */
  stale(id: MessageId): Promise<void>
  /** The server waits for the removal of somebody who left. @returns milliseconds until the message is worth sending again */
  commitFirst(id: MessageId): number
  /** The server sees no leaf of ours: the log will say whether we were removed, or have to join anew. */
  outside(): void
  /** Refused for good. */
  failed(id: MessageId, error: ServerError): Promise<void>
  /** This device could not do its part, for want of disk perhaps; it will try again. */
  trouble(error: unknown): void
}

/** Sends of one conversation under way at once; several conversations share the connection's limit. */
const maxInFlight = 8
const retryMs = 500
const troubleRetryMs = 1_000
const outsideRetryMs = 2_000
const final: ReadonlySet<string> = new Set([
  'conflict',
  'id_expired',
  'attachment_unknown',
  'bad_request',
  'malformed_frame',
  'too_large',
  'malformed_handshake',
  'forbidden',
])

/** A code that we do not know, with no word of when to come back, would only be repeated. */
const isFinal = (error: ServerError): boolean =>
  final.has(error.code) || (!isErrorCode(error.code) && error.retryMs === undefined)

/**
 * Sends one conversation's outbox in order. After any refusal it waits until everything under way has its answer and
 * starts again from the oldest with `first: true`, so that nothing ever overtakes.
 */
export class OutboxSender {
  readonly #port: OutboxSenderPort
  readonly #slots: SendSlots
  #running: Promise<void> | undefined
  #again = false

  constructor(port: OutboxSenderPort, slots: SendSlots) {
    this.#port = port
    this.#slots = slots
  }

  /** Resolves when nothing more can be sent for now. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** Sends what can be sent. Call it whenever something may have become sendable. */
  pump(): void {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined
      if (this.#again) this.pump()
    })
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false
      const waitMs = await this.#sendAll()
      if (waitMs > 0) {
        await pause(waitMs)
        this.#again = true
      }
    }
  }

  /** One pass over the outbox. @returns how long to wait before the next pass; 0 when there is none needed. Never rejects. */
  async #sendAll(): Promise<number> {
    const underWay = new Set<Promise<void>>()
    let refusedForMs: number | undefined
    const refuse = (waitMs: number) => {
      refusedForMs = Math.max(refusedForMs ?? 0, waitMs)
    }
    let last = 0
    while (refusedForMs === undefined) {
      const next = await this.#port.prepare(last).catch((error: unknown) => {
        refuse(this.#stumbled(error))
        return undefined
      })
      if (!next?.encrypted) break
      if (underWay.size >= maxInFlight) await Promise.race(underWay)
      await this.#slots.take()
      if (refusedForMs !== undefined) {
        this.#slots.give()
        break
      }
      const answer = this.#port
        .transmit(sendFrame(next, next.encrypted, last === 0))
        .then(
          ({ seq = 0, at = 0 }) => this.#port.stored(next.id, seq, at),
          async (error: unknown) => refuse(await this.#refused(next.id, error)),
        )
        .catch((error: unknown) => refuse(this.#stumbled(error)))
        .finally(() => {
          this.#slots.give()
          underWay.delete(answer)
        })
      underWay.add(answer)
      last = next.order
    }
    await Promise.all(underWay)
    return refusedForMs ?? 0
  }

  /** What is not stored here was not done: the same bytes go again. */
  #stumbled(error: unknown): number {
    this.#port.trouble(error)
    return troubleRetryMs
  }

  /** @returns how long to wait before starting again; 0: until somebody pumps. */
  async #refused(id: MessageId, error: unknown): Promise<number> {
    if (error instanceof Unreachable) return 0
    if (!(error instanceof ServerError)) throw error
    if (error.code === 'stale_epoch') {
      await this.#port.stale(id)
      return 1
    }
    if (error.code === 'commit_first') {
      return this.#port.commitFirst(id)
    }
    if (error.code === 'not_found') {
      this.#port.outside()
      return outsideRetryMs
    }
    if (error.code === 'out_of_line') return 1
    if (isFinal(error)) {
      await this.#port.failed(id, error)
      return 1
    }
    return error.retryMs ?? retryMs
  }
}

/** Numbers and ids in a record came from the contract's own types. */
function sendFrame(
  { id, conversation, attachments }: OutboxRecord,
  { groupNo, epoch, envelope }: NonNullable<OutboxRecord['encrypted']>,
  isFirst: boolean,
): ClientFrames['send'] {
  return {
    t: 'send',
    id,
    conversation,
    groupNo: groupNo as ClientFrames['send']['groupNo'],
    epoch: epoch as ClientFrames['send']['epoch'],
    envelope,
    ...(attachments.length > 0 && { attachments: attachments as ClientFrames['send']['attachments'] & {} }),
    ...(isFirst && { first: true }),
  }
}

/** Sends under way on the whole connection; the server refuses more than its limit. */
export class SendSlots {
  #free: number = limits.maxUnackedSends
  readonly #waiting: (() => void)[] = []

  async take(): Promise<void> {
    if (this.#free > 0) {
      this.#free--
      return
    }
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  give(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#free++
  }
}
