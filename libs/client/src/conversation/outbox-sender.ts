import { type ClientFrames, type FrameError, isErrorCode, type MessageId } from '@fastchat/schema'
import { ServerError, Unreachable } from '../errors.ts'
import type { LimitWork } from '../limit-work.ts'
import { pause } from '../net/backoff.ts'
import type { OutboxRecord } from '../store/records.ts'

/** The functions of the outbox that its sender calls. */
export type OutboxSenderPort = {
  /**
   * Returns the next unanswered message after that order, encrypted. Undefined when nothing can be
   * sent now.
   */
  prepare(afterOrder: number): Promise<OutboxRecord | undefined>
  transmit(frame: ClientFrames['send']): Promise<{ readonly seq?: number; readonly at?: number }>
  stored(id: MessageId, seq: number, at: number): Promise<void>
  /** Marks a message as stale: the epoch of its bytes is over, so it may be encrypted again. */
  stale(id: MessageId): Promise<void>
  /**
   * Handles `commit_first`: the server wants a member removed first.
   *
   * @returns milliseconds until a retry is useful
   */
  commitFirst(id: MessageId): number
  /**
   * Handles `not_found`: the server sees no leaf of this device. The log will show whether it was
   * removed, or has to join again.
   */
  outside(): void
  /** Fails a message: the server has rejected it permanently. */
  failed(id: MessageId, error: ServerError): Promise<void>
  /** Reports a failure of this device, for example a full disk. The sender retries. */
  trouble(error: unknown): void
}

/**
 * The number of sends of one conversation under way. Several conversations share the limit of the
 * connection.
 */
const maxInFlight = 8
const retryMs = 500
const troubleRetryMs = 1_000
const outsideRetryMs = 2_000
/** Whether each rejection of a send is final. A code that is missing is a compile error. */
const finalCodes: Readonly<Record<FrameError<'send'> | 'malformed_frame' | 'forbidden', boolean>> = {
  admins_write: true,
  attachment_unknown: true,
  bad_request: true,
  busy: false,
  commit_first: false,
  conflict: true,
  forbidden: true,
  id_expired: true,
  internal: false,
  malformed_frame: true,
  malformed_handshake: true,
  not_found: false,
  out_of_line: false,
  rate_limited: false,
  stale_epoch: false,
  too_large: true,
}
const final: ReadonlySet<string> = new Set(Object.entries(finalCodes).flatMap(([code, is]) => (is ? [code] : [])))

/**
 * Returns whether a rejection is final. An unknown code without a retry time is final: the server
 * would only repeat it.
 */
const isFinal = (error: ServerError): boolean =>
  final.has(error.code) || (!isErrorCode(error.code) && error.retryMs === undefined)

/**
 * Sends one conversation's outbox in order. After a rejection it waits until every send under way
 * has its answer. Then it starts again from the oldest message with `first: true`, so no message
 * overtakes another.
 */
export class OutboxSender {
  readonly #port: OutboxSenderPort
  readonly #sends: LimitWork
  #running: Promise<void> | undefined
  #again = false

  constructor(port: OutboxSenderPort, sends: LimitWork) {
    this.#port = port
    this.#sends = sends
  }

  /** Resolves when nothing more can be sent for now. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** Sends every message that can be sent. Call it after each change that may allow a send. */
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

  /**
   * Makes one pass over the outbox. Never rejects.
   *
   * @returns milliseconds until the next pass; 0 when none is needed
   */
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
      const frame = sendFrame(next, next.encrypted, last === 0)
      const begun = Promise.withResolvers<void>()
      const answer = this.#sends(async () => {
        begun.resolve()
        if (refusedForMs === undefined) await this.#send(frame, refuse)
      }).finally(() => underWay.delete(answer))
      underWay.add(answer)
      // The next message is encrypted when this one is on its way.
      await begun.promise
      last = next.order
    }
    await Promise.all(underWay)
    return refusedForMs ?? 0
  }

  /** Sends one message, and handles the answer. Never rejects. */
  async #send(frame: ClientFrames['send'], refuse: (waitMs: number) => void): Promise<void> {
    const { id } = frame
    await this.#port
      .transmit(frame)
      .then(
        ({ seq = 0, at = 0 }) => this.#port.stored(id, seq, at),
        async (error: unknown) => refuse(await this.#refused(id, error)),
      )
      .catch((error: unknown) => refuse(this.#stumbled(error)))
  }

  /**
   * Reports a failure of this device. An answer that is not stored here counts as none, so the same
   * bytes are sent again.
   */
  #stumbled(error: unknown): number {
    this.#port.trouble(error)
    return troubleRetryMs
  }

  /**
   * Handles a rejected send.
   *
   * @returns milliseconds until the next pass; 0 to wait for the next `pump`
   */
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

/**
 * Returns the frame for a message. The casts hold because the numbers and ids of a record come from
 * the contract's types.
 */
function sendFrame(
  { id, conversation, attachments }: OutboxRecord,
  { groupNo, epoch, envelope, asReader }: NonNullable<OutboxRecord['encrypted']>,
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
    ...(asReader && { asReader }),
  }
}
