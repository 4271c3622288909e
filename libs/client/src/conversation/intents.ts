import { CannotJoin } from '@fastchat/crypto'
import { chatOperations, type MessageId } from '@fastchat/schema'
import { Emitter } from '../emitter.ts'
import { ClientError, ServerError } from '../errors.ts'
import { createBackoff, pause } from '../net/backoff.ts'
import type { Batch, MembershipChange } from '../store/records.ts'
import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { DepartureCheck } from './departure-check.ts'
import { IntentQueue, isEntry, type Pending } from './intent-queue.ts'
import { IntentRetries, maxFutile } from './intent-retries.ts'
import { isDoneByAnother } from './judge-intent.ts'
import type { LogInbox } from './log-inbox.ts'
import type { LogRequest } from './log-request.ts'
import { type PreparingParts, prepareAttempt } from './prepare-attempt.ts'
import type { Reports } from './reports.ts'

type IntentEvents = {
  /** A change has ended, so messages that waited for it may be sent. */
  ended: undefined
  /** This device cannot enter the group by itself. */
  entryFailed: unknown
}

type Parts = {
  readonly inbox: LogInbox
  readonly request: LogRequest
  readonly departures: DepartureCheck
  readonly reports: Reports
}

/** The pause before the log is asked for a winning commit, of this device or another one. */
const logPatienceMs = 2_000
/** The number of waiting changes. People make few, and the server may let none of them happen. */
const maxIntents = 64
/** The number of joins in a row without a followed commit in between. */
const maxJoins = 5

/**
 * Makes the wanted changes of a group, one at a time while this device is connected, each until it
 * is done or permanently rejected.
 *
 * A change, its commit and the state after it are stored before the commit leaves. After a crash
 * the same bytes are sent again, and a commit that won is adopted when the log shows it.
 */
export class Intents extends Emitter<IntentEvents> {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #parts: Parts
  readonly #queue: IntentQueue
  readonly #preparing: PreparingParts
  readonly #retries: IntentRetries
  #working: Promise<void> | undefined
  #movement = new AbortController()
  #joins = 0

  constructor(context: Context, state: ConversationState, parts: Parts) {
    super()
    this.#context = context
    this.#state = state
    this.#parts = parts
    this.#queue = new IntentQueue(context, state)
    this.#retries = new IntentRetries({ ...parts, queue: this.#queue })
    this.#preparing = {
      queue: this.#queue,
      mayJoin: () => this.#joins < maxJoins,
      end: (pending) => this.#end(pending),
    }
  }

  /** Returns the commit of this device with that id, under way or waiting for the log. */
  attemptOf(id: MessageId): Attempt | undefined {
    return this.#queue.attemptOf(id)
  }

  /** This device is entering the group, and the server has not stalled it. */
  get isJoining(): boolean {
    return this.#queue.all.some(({ record, futile }) => isEntry(record.change) && futile < maxFutile)
  }

  async load(): Promise<void> {
    await this.#queue.load()
  }

  /**
   * Resolves when the change has happened.
   *
   * @throws {ServerError | ClientError | CannotJoin} when it can't happen
   */
  async want(change: MembershipChange): Promise<void> {
    const wanted = JSON.stringify(change)
    const waiting = this.#queue.all.find(({ record }) => JSON.stringify(record.change) === wanted)
    if (waiting) return await waiting.done.promise
    // An entry always fits: the queue has at most one of each kind.
    if (this.#queue.all.length >= maxIntents && !isEntry(change))
      throw new ClientError(
        'too_many_changes',
        `${maxIntents} changes of this chat wait already. Try again when they are made`,
      )
    const pending = this.#queue.create(change)
    this.#queue.add(pending)
    try {
      await this.#queue.store(pending, pending.record)
    } catch (error) {
      this.#queue.remove(pending)?.done.reject(error)
    }
    this.run()
    return await pending.done.promise
  }

  /**
   * Removes the change of a commit that was read in the log, in the batch that stores the new
   * state.
   */
  drop(id: MessageId, batch: Batch): void {
    const pending = this.#queue.withAttempt(id)
    if (pending) batch.remove('intents', pending.key)
  }

  /** Ends the change of a commit that was read in the log, after its removal is stored. */
  adopted(id: MessageId): void {
    const pending = this.#queue.withAttempt(id)
    if (pending) this.#queue.remove(pending)?.done.resolve()
    this.#joins = pending?.record.change.kind === 'join' ? this.#joins + 1 : 0
    this.run()
  }

  /** Notes that this device has followed another device's commit. */
  followed(): void {
    this.#joins = 0
  }

  /** Continues with the first change. A change that waits for the log looks again. */
  run(): void {
    this.#movement.abort()
    this.#movement = new AbortController()
    if (this.#working || !this.#mayWork()) return
    this.#working = this.#work()
      .catch((error: unknown) => this.#storeFailed(error))
      .finally(() => {
        this.#working = undefined
        if (this.#mayWork()) this.run()
      })
  }

  /** Resolves when no change is under way. Call it without a connection. */
  async idle(): Promise<void> {
    this.#movement.abort()
    await this.#working
  }

  #mayWork(): boolean {
    return this.#queue.first !== undefined && this.#context.connection.isOnline
  }

  async #work(): Promise<void> {
    const backoff = createBackoff(this.#context.random, this.#context.clock)
    for (let { first } = this.#queue; first && this.#mayWork(); { first } = this.#queue) {
      try {
        const isSent = await prepareAttempt(this.#context, this.#state, this.#preparing, first)
        if (this.#queue.first !== first) continue
        if (isSent) {
          await this.#submit(first.record.attempt)
          await this.#untilMoved(first)
        }
        backoff.reset()
      } catch (error) {
        if (this.#queue.first !== first) continue
        if (await this.#retries.mayRetry(first, error)) {
          const waitMs = backoff.next(error instanceof ServerError ? error.retryMs : 0)
          await pause(waitMs, this.#movement.signal)
        } else {
          await this.#end(first, error)
        }
      }
    }
  }

  async #submit(attempt: Attempt | undefined): Promise<void> {
    if (!attempt) return
    const { pending: _, departed: __, enteredFrom: ___, revoked: ____, ...bundle } = attempt
    await this.#context.api.call(chatOperations.commit, {
      params: { conversation: this.#state.id },
      // The cast holds because the numbers and ids of an attempt come from the contract's types.
      body: bundle as never,
    })
  }

  /** Waits until the log shows a commit that the server took, and asks for it now and then. */
  async #untilMoved(pending: Pending): Promise<void> {
    while (this.#queue.first === pending && this.#mayWork()) {
      const { signal } = this.#movement
      await pause(logPatienceMs, signal)
      if (signal.aborted || this.#queue.first !== pending) continue
      if (this.#parts.inbox.hasAll) this.#retries.countFutile(pending)
      this.#parts.request.ask()
    }
  }

  async #end(pending: Pending, error?: unknown): Promise<void> {
    const { change } = pending.record
    await this.#queue.erase(pending)
    this.#queue.remove(pending)
    if (error === undefined || isDoneByAnother(change, error)) pending.done.resolve()
    else pending.done.reject(error)
    this.emit('ended', undefined)
    const isGone = error instanceof ServerError && error.code === 'not_found'
    // A direct chat that was reserved long ago is reserved again under another id. A group keeps
    // its id.
    const isOver = change.kind === 'join' || (change.kind === 'create' && this.#state.record.kind === 'direct')
    if (isGone && isOver) await this.#excluded()
    else if (error instanceof CannotJoin || (change.kind === 'join' && error !== undefined))
      this.emit('entryFailed', error)
  }

  /** Ends the membership: a device that may not even join is not a member any more. */
  async #excluded(): Promise<void> {
    await this.#state.locked(() => this.#state.save({ ...this.#state.record, status: 'removed' }))
  }

  /** Reports an error, most likely of the store. Only stored commits have left this device. */
  async #storeFailed(error: unknown): Promise<void> {
    this.#parts.reports.emitError(error)
    await pause(logPatienceMs, this.#movement.signal)
  }
}
