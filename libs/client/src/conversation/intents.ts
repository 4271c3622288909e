import { CannotJoin } from '@fastchat/crypto'
import { type ConversationId, chatOperations, type MessageId } from '@fastchat/schema'
import { ClientError, isSessionError, isTemporary, ServerError, Unreachable } from '../errors.ts'
import type { GroupEpoch } from '../group-epoch.ts'
import { createBackoff, pause } from '../net/backoff.ts'
import {
  Batch,
  type ConversationRecord,
  type IntentRecord,
  type MembershipChange,
  parseRecord,
} from '../store/records.ts'
import { type Attempt, buildAttempt, claim, usersToClaim } from './build-attempt.ts'
import type { Context } from './context.ts'
import { isAboutDeparted, isCurrent, isDoneByAnother, isMoot, mustWait } from './judge-intent.ts'
import type { View } from './reading.ts'
import { revokedOf } from './revocations.ts'

/** What intents ask of their conversation. */
type Port = {
  view(): View
  /** Runs a task while nothing else reads or changes the conversation. */
  locked<T>(task: () => Promise<T>): Promise<T>
  save(record: ConversationRecord): Promise<void>
  /** The log has something that we have not read yet. */
  ask(): void
  /** The server was asked for more, has answered, and nothing came. */
  hasAllOfLog(): boolean
  /** The group may have moved: what waits for it may go on. */
  moved(): void
  /** The server waits for the removal of somebody who left, and will not take a commit of ours without it. */
  commitFirst(refused: GroupEpoch): void
  /** This device cannot get in by itself. */
  lost(error: unknown): void
  /** The server neither refuses this device's way into the group nor lets it go on. It is still tried. */
  stuck(): void
}

type Pending = {
  readonly key: string
  record: IntentRecord
  readonly done: PromiseWithResolvers<void>
  /** Times that the server has answered since the group last moved on, and nothing came of it. */
  futile: number
  /** The latest epoch that an attempt was made for. */
  lastEpoch: number
}

/** Waits this long for the log to show a commit that won, ours or another's, before it asks for it. */
const logPatienceMs = 2_000
/** Answers of the server that lead nowhere before a way into the group is no longer waited for, though still tried. */
const maxFutile = 8
/** Changes of one conversation that wait for each other. People make few, and the server may let none of them happen. */
const maxIntents = 64
/** Times that this device joins anew in a row without being able to follow a single commit in between. */
const maxJoins = 5

/**
 * The changes to a group that this device wants, one at a time while it is connected, each until it is done or refused for
 * good. A change, the commit made for it and the state after it are stored before the commit leaves: after a crash the same
 * bytes go again, and a commit that won is adopted when it shows up in the log.
 */
export class Intents {
  readonly #context: Context
  readonly #conversation: ConversationId
  readonly #port: Port
  readonly #queue: Pending[] = []
  #working: Promise<void> | undefined
  #movement = new AbortController()
  #joins = 0

  constructor(context: Context, conversation: ConversationId, port: Port) {
    this.#context = context
    this.#conversation = conversation
    this.#port = port
  }

  /** The commit of ours with that id, under way or waiting for the log. */
  attemptOf(id: MessageId): Attempt | undefined {
    return this.#queue.find(({ record }) => record.attempt?.id === id)?.record.attempt
  }

  get isJoining(): boolean {
    return this.#queue.some(({ record, futile }) => isEntry(record.change) && futile < maxFutile)
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#context.store.list('intents', { prefix: `${this.#conversation}/` }))
      this.#enqueue(pendingOf(key, parseRecord<IntentRecord>(value)))
  }

  /** Resolves when the change has happened. @throws {ServerError | ClientError | CannotJoin} when it can't. */
  async want(change: MembershipChange): Promise<void> {
    const wanted = JSON.stringify(change)
    const isSame = ({ record }: Pending) => JSON.stringify(record.change) === wanted
    const waiting = this.#queue.find(isSame)
    if (waiting) return await waiting.done.promise
    // The way in, or on, has to be free: there is one of each kind.
    if (this.#queue.length >= maxIntents && !isEntry(change))
      throw new ClientError(
        'too_many_changes',
        `${maxIntents} changes of this chat wait already. Try again when they are made`,
      )
    const pending = this.#pendingOf(change)
    this.#enqueue(pending)
    try {
      await this.#store(pending, pending.record)
    } catch (error) {
      this.#dequeue(pending)?.done.reject(error)
    }
    this.run()
    return await pending.done.promise
  }

  /** Our commit was read in the log; its removal from the store rides along with the state that it became. */
  drop(id: MessageId, batch: Batch): void {
    const pending = this.#queue.find(({ record }) => record.attempt?.id === id)
    if (pending) batch.remove('intents', pending.key)
  }

  adopted(id: MessageId): void {
    const pending = this.#queue.find(({ record }) => record.attempt?.id === id)
    if (pending) this.#dequeue(pending)?.done.resolve()
    this.#joins = pending?.record.change.kind === 'join' ? this.#joins + 1 : 0
    this.run()
  }

  /** Somebody else's commit was read: this device can follow. */
  followed(): void {
    this.#joins = 0
  }

  /** Goes on with the first change; also tells a change that waits for the log to look again. */
  run(): void {
    this.#movement.abort()
    this.#movement = new AbortController()
    if (this.#working || !this.#mayWork()) return
    this.#working = this.#work()
      .catch((error: unknown) => this.#stumbled(error))
      .finally(() => {
        this.#working = undefined
        if (this.#mayWork()) this.run()
      })
  }

  /** Resolves when nothing is under way any more, the connection being gone. */
  async idle(): Promise<void> {
    this.#movement.abort()
    await this.#working
  }

  #mayWork(): boolean {
    return this.#queue.length > 0 && this.#context.connection.isOnline
  }

  async #work(): Promise<void> {
    const backoff = createBackoff(this.#context.random, this.#context.clock)
    for (let first = this.#queue[0]; first && this.#mayWork(); first = this.#queue[0]) {
      try {
        const isSent = await this.#prepare(first)
        if (this.#queue[0] !== first) continue
        if (isSent) {
          await this.#submit(first.record.attempt)
          await this.#untilMoved(first)
        }
        backoff.reset()
      } catch (error) {
        if (this.#queue[0] !== first) continue
        if (await this.#isWorthWaiting(first, error)) {
          const waitMs = backoff.next(error instanceof ServerError ? error.retryMs : 0)
          await pause(waitMs, this.#movement.signal)
        } else {
          await this.#end(first, error)
        }
      }
    }
  }

  /** Has the commit for the group as it now stands in the store. @returns false when nothing needs to be sent. */
  async #prepare(pending: Pending): Promise<boolean> {
    for (const userId of usersToClaim(this.#context, pending.record.change, this.#port.view().record)) {
      if (pending.record.claimed.includes(userId) || isMoot(pending.record.change, this.#port.view())) continue
      await this.#store(
        pending,
        await claim(this.#context, pending.record, userId, revokedOf(this.#port.view().record)),
      )
    }
    return await this.#port.locked(async () => {
      if (this.#queue[0] !== pending) return false
      const view = this.#port.view()
      const { attempt, ...rest } = pending.record
      if (isMoot(rest.change, view)) {
        await this.#end(pending)
        return false
      }
      if (mustWait(rest.change, view))
        throw new Unreachable('the group has to be entered anew before it can be changed')
      if (isAboutDeparted(rest.change, view)) {
        await this.#removeDepartedFirst()
        return false
      }
      if (attempt && isCurrent(attempt, view, rest.change)) return true
      if (rest.change.kind === 'join' && this.#joins >= maxJoins)
        throw new ClientError('not_a_member', 'This device cannot get back into the conversation')
      const made = await buildAttempt(this.#context, rest, view.record, view.group)
      if (!made) await this.#end(pending)
      else await this.#store(pending, { ...rest, attempt: made })
      if (made && made.epoch > pending.lastEpoch) Object.assign(pending, { lastEpoch: made.epoch, futile: 0 })
      return made !== undefined
    })
  }

  /** After a crash the change that waits finds the same to do, or that it was done. */
  async #removeDepartedFirst(): Promise<void> {
    const waiting = this.#queue.find(({ record }) => record.change.kind === 'prune')
    const prune = (waiting && this.#dequeue(waiting)) ?? this.#pendingOf({ kind: 'prune' })
    prune.done.promise.catch(() => {})
    this.#queue.unshift(prune)
    if (!waiting) await this.#store(prune, prune.record)
  }

  #pendingOf(change: MembershipChange): Pending {
    const record: IntentRecord = { change, keyPackages: [], claimed: [] }
    return pendingOf(`${this.#conversation}/${this.#context.newId()}`, record)
  }

  async #submit(attempt: Attempt | undefined): Promise<void> {
    if (!attempt) return
    const { pending: _, departed: __, enteredFrom: ___, revoked: ____, ...bundle } = attempt
    await this.#context.api.call(chatOperations.commit, {
      params: { conversation: this.#conversation },
      // Numbers and ids in an attempt came from the contract's own types.
      body: bundle as never,
    })
  }

  /** The server took the commit; the log will bring it. */
  async #untilMoved(pending: Pending): Promise<void> {
    while (this.#queue[0] === pending && this.#mayWork()) {
      const { signal } = this.#movement
      await pause(logPatienceMs, signal)
      if (signal.aborted || this.#queue[0] !== pending) continue
      if (this.#port.hasAllOfLog()) this.#ledNowhere(pending)
      this.#port.ask()
    }
  }

  /** @returns whether to try again; also arranges what has to happen before. */
  async #isWorthWaiting(pending: Pending, error: unknown): Promise<boolean> {
    if (isTemporary(error)) return true
    // Whoever signs in again finds the change still wanted.
    if (error instanceof ClientError) return error.code === 'session_ended' || error.code === 'not_signed_in'
    if (!(error instanceof ServerError)) return false
    const { code } = error
    if (code === 'stale_epoch' || code === 'commit_first') {
      const { attempt } = pending.record
      if (code === 'commit_first' && attempt) this.#port.commitFirst(attempt)
      // GroupEpoch for good, for exactly these bytes: epochs only grow, and who has left must be removed by the same commit.
      if (code === 'commit_first' || isEntry(pending.record.change)) await this.#forget(pending)
      this.#ledNowhere(pending)
      this.#port.ask()
      return true
    }
    return isSessionError(error)
  }

  /** A server may say for ever that the group has moved on, or never show a commit that it took: that keeps nobody waiting. */
  #ledNowhere(pending: Pending): void {
    pending.futile++
    if (pending.futile === maxFutile && isEntry(pending.record.change)) this.#port.stuck()
  }

  async #forget(pending: Pending): Promise<void> {
    const { attempt: _, ...rest } = pending.record
    await this.#store(pending, rest)
  }

  async #end(pending: Pending, error?: unknown): Promise<void> {
    const { change } = pending.record
    await this.#context.store.write(new Batch().remove('intents', pending.key).writes)
    this.#dequeue(pending)
    if (error === undefined || isDoneByAnother(change, error)) pending.done.resolve()
    else pending.done.reject(error)
    this.#port.moved()
    const isGone = error instanceof ServerError && error.code === 'not_found'
    // A direct chat that was reserved long ago is reserved anew under another id; a group keeps the id that its creator chose.
    const isOver = change.kind === 'join' || (change.kind === 'create' && this.#port.view().record.kind === 'direct')
    if (isGone && isOver) await this.#excluded()
    else if (error instanceof CannotJoin || (change.kind === 'join' && error !== undefined)) this.#port.lost(error)
  }

  /** Who may not even join is no member any more. */
  async #excluded(): Promise<void> {
    await this.#port.locked(() => this.#port.save({ ...this.#port.view().record, status: 'removed' }))
  }

  #enqueue(pending: Pending): void {
    // Whoever listens for it is told; nobody has to.
    pending.done.promise.catch(() => {})
    // A device outside the group can do nothing before it is in.
    if (isEntry(pending.record.change)) this.#queue.unshift(pending)
    else this.#queue.push(pending)
  }

  #dequeue(pending: Pending): Pending | undefined {
    const at = this.#queue.indexOf(pending)
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0]
  }

  async #store(pending: Pending, record: IntentRecord): Promise<void> {
    await this.#context.store.write(new Batch().put('intents', pending.key, record).writes)
    pending.record = record
  }

  /** The store failed, most likely: nothing that was not stored has left this device. */
  async #stumbled(error: unknown): Promise<void> {
    this.#context.events.emit('trouble', error instanceof Error ? error : new Error(String(error)))
    await pause(logPatienceMs, this.#movement.signal)
  }
}

const pendingOf = (key: string, record: IntentRecord): Pending => ({
  ...{ key, record, done: Promise.withResolvers<void>() },
  ...{ futile: 0, lastEpoch: -1 },
})

const isEntry = ({ kind }: MembershipChange): boolean => kind === 'join' || kind === 'restart'
