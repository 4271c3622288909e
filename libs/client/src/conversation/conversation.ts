import { type Group, groupCheckDigits } from '@fastchat/crypto'
import type { ConversationId, MessageId, ServerFrames, SharedProfile, UserId } from '@fastchat/schema'
import { type ProfileChange, profilePayload } from '../groups/profile-payload.ts'
import type { ConversationRecord, OutboxRecord } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'
import { type ActingParts, afterResult } from './after-result.ts'
import type { Context } from './context.ts'
import { ConversationState } from './conversation-state.ts'
import { DepartureCheck } from './departure-check.ts'
import type { ElectionState } from './election.ts'
import { Elections } from './elections.ts'
import { endByRestore, endByRevocation } from './end-membership.ts'
import { Intents } from './intents.ts'
import { leaveGroup } from './leave-group.ts'
import { LogInbox } from './log-inbox.ts'
import type { LogItem } from './log-item.ts'
import { LogReader } from './log-reader.ts'
import { LogRequest } from './log-request.ts'
import { Outbox } from './outbox.ts'
import { Pruning } from './pruning.ts'
import { ReadPosition } from './read-position.ts'
import { Recovery } from './recovery.ts'
import { Reports } from './reports.ts'
import type { SendSlots } from './send-slots.ts'
import type { SentMessages } from './sent-messages.ts'

type Saved = {
  readonly record: ConversationRecord
  readonly group?: Group
  readonly outbox: readonly OutboxRecord[]
  readonly sent: SentMessages
}

/**
 * One conversation of this device: it reads its log in order, sends its outbox in order, and
 * changes its group.
 */
export class Conversation {
  readonly id: ConversationId
  /** @internal */
  readonly intents: Intents
  /** @internal */
  readonly outbox: Outbox
  readonly #context: Context
  readonly #state: ConversationState
  readonly #request: LogRequest
  readonly #inbox: LogInbox
  readonly #reader: LogReader
  readonly #recovery: Recovery
  readonly #elections: Elections
  readonly #reports: Reports
  readonly #readPosition: ReadPosition

  constructor(context: Context, slots: SendSlots, { record, group, outbox, sent }: Saved) {
    const state = new ConversationState(context, { record, group })
    const reports = new Reports(context, state)
    const request = new LogRequest(context, state)
    const inbox = new LogInbox(state, request, context.hasSynced)
    const departures = new DepartureCheck(context, state, reports)
    const intents = new Intents(context, state, { inbox, request, departures, reports })
    const pruning = new Pruning(state, { intents, departures, reports })
    const recovery = new Recovery(context, state, { intents, reports })
    this.id = record.conversation
    this.#context = context
    this.#state = state
    this.#reports = reports
    this.#readPosition = new ReadPosition(context, state)
    this.#request = request
    this.#inbox = inbox
    this.intents = intents
    this.#recovery = recovery
    this.outbox = new Outbox(context, state, { request, inbox, pruning, reports, slots }, { outbox, sent })
    this.#elections = new Elections(context, state, { intents, outbox: this.outbox, reports })
    const announce = () => this.announceProfile()
    const acting: ActingParts = { outbox: this.outbox, intents, pruning, recovery, reports, announce }
    this.#reader = new LogReader(context, state, {
      ...{ inbox, outbox: this.outbox, intents, reports },
      onRead: (results, after) => {
        afterResult(context, state, acting, results, after)
        this.#continue()
      },
    })
    intents.on('ended', () => this.outbox.pump())
    intents.on('entryFailed', (error) => void recovery.entryFailed(error).catch(reports.emitError))
  }

  /** The stored facts about this conversation. */
  get record(): ConversationRecord {
    return this.#state.record
  }

  /** @internal */
  get group(): Group | undefined {
    return this.#state.group
  }

  /**
   * Returns the digits that members compare to know that they are in the same group, and the epoch
   * of these digits. Undefined outside the group.
   */
  check(): { readonly digits: string; readonly epoch: number } | undefined {
    const { group } = this
    if (!group?.isMember || group.isOfFormerRules) return undefined
    return { digits: groupCheckDigits(this.id, group.epochAuthenticator), epoch: group.epoch }
  }

  /** No read, join or change is under way. Messages may still wait for a connection. @internal */
  get isSettled(): boolean {
    return this.#inbox.isIdle && this.#state.isIdle && !this.intents.isJoining
  }

  /** Runs a task while nothing changes the group. @internal */
  withGroup<T>(task: (group: Group | undefined) => Promise<T>): Promise<T> {
    return this.#state.locked(() => task(this.group))
  }

  /** Stores a conversation that has just begun. @internal */
  async keep(): Promise<void> {
    await this.#state.locked(() => this.#state.save(this.record))
  }

  /** @internal */
  async load(): Promise<void> {
    await this.intents.load()
    await this.#readPosition.load()
  }

  /** Handles a new connection: everything that waits is tried again. @internal */
  online(): void {
    this.#reader.restart()
    this.#recovery.recover()
    this.#continue()
  }

  /**
   * Handles the end of the backlog: the server has delivered everything that was missed.
   *
   * @internal
   */
  caughtUp(): void {
    this.outbox.pump()
  }

  /** Handles the next item of the log. @internal */
  receive(item: LogItem): void {
    this.#reader.receive(item)
  }

  /** Asks the server for the log after the cursor. @internal */
  askForLog(): void {
    this.#request.ask()
  }

  /** Handles an invitation: the server says that this device belongs to the group. @internal */
  invited(invitation: ServerFrames['welcome']): void {
    this.#recovery.invited(invitation)
  }

  /**
   * Handles a restore of the server from a copy that has no place for this device. With `lost` the
   * copy does not know the conversation; otherwise this device joins again.
   *
   * @internal
   */
  async displaced({ lost }: { readonly lost: boolean }): Promise<void> {
    await endByRestore(this.#context, this.#state, lost)
    if (!lost) this.#recovery.join()
    this.#continue()
  }

  /** Handles the revocation of this device by its account key. @internal */
  async revoked(): Promise<void> {
    await endByRevocation(this.#context, this.#state)
    this.#continue()
  }

  /**
   * Adds a line about a user at the cursor, once per position. The line is not part of the log.
   *
   * @internal
   */
  async tell(from: UserId | undefined, code: TroubleCode): Promise<void> {
    await this.#reports.addLine(from, code)
  }

  /**
   * Leaves the group; see `leaveGroup`.
   *
   * @throws {ClientError} `not_a_member`
   * @throws {ServerError}
   * @internal
   */
  async leave(id: MessageId): Promise<void> {
    await leaveGroup(this.#context, this.#state, this.#request, id)
  }

  /** Votes for a new admin; see `Elections`. @internal */
  async vote(id: MessageId): Promise<ElectionState> {
    return await this.#elections.vote(id)
  }

  /** Runs a task while nothing else of this conversation changes. @internal */
  locked<T>(task: () => Promise<T>): Promise<T> {
    return this.#state.locked(task)
  }

  /** Accepts the chat: it no longer waits as a request. @internal */
  async accept(): Promise<void> {
    await this.#state.locked(async () => {
      const { request, ...record } = this.record
      if (request) await this.#state.save(record)
    })
  }

  /**
   * Ends the present group, and begins the next one with the keys that are pinned now. Only in a
   * direct chat, where either person may do so.
   *
   * @internal
   */
  async beginNext(): Promise<void> {
    await this.#state.locked(async () => {
      const { record } = this
      if (record.kind === 'direct' && record.status === 'active')
        await this.#state.save({ ...record, status: 'broken', brokenBy: 'unlawful' })
    })
    this.#recovery.recover()
  }

  /** The number of messages of others that are not read. */
  get unread(): number {
    return this.record.unread
  }

  /** The position of the first message that is not read. */
  get firstUnread(): number | undefined {
    return this.record.firstUnread
  }

  /**
   * Notes that everything up to `seq` was read, on all devices of this account. A lower position
   * changes nothing.
   */
  async markRead(seq: number): Promise<void> {
    await this.#readPosition.markRead(seq)
  }

  /** Counts unread messages anew: stored entries have changed. @internal */
  async recount(): Promise<void> {
    await this.#readPosition.recount()
  }

  /**
   * Takes the name that another device of this account has read, unless this device knows a later
   * one or will read it itself.
   *
   * @internal
   */
  async learnName({ name, seq }: SharedProfile): Promise<void> {
    await this.#state.locked(async () => {
      const { profileSeq, cursor, name: known } = this.record
      const willBeRead = known !== undefined && seq > cursor
      if (seq > profileSeq && !willBeRead) await this.#state.save({ ...this.record, name, profileSeq: seq })
    })
  }

  /** Announces the name of a new group. @internal */
  async announce(name: string): Promise<void> {
    await this.outbox.queue(this.#context.newId(), { v: 1, kind: 'profile', name })
  }

  /**
   * Announces the group's name, topic and picture to its members, with a change. Members who know
   * them see no line.
   *
   * @internal
   */
  async announceProfile(change: ProfileChange = {}, id: MessageId = this.#context.newId()): Promise<void> {
    const payload = await profilePayload(this.#context.store, this.record, change)
    if (payload) await this.outbox.queue(id, payload)
  }

  /**
   * Resolves when this conversation no longer uses the store. Call it without a connection.
   *
   * @internal
   */
  async stop(): Promise<void> {
    this.#inbox.stop()
    await this.intents.idle()
    await this.outbox.idle()
    await this.#state.idle()
  }

  /** Starts what the state of the conversation asks for. */
  #continue(): void {
    const { status, departed } = this.record
    const hasLeft = status === 'left' && departed.includes(this.#context.identity.userId)
    if (hasLeft || (!this.group && (status === 'left' || status === 'removed')))
      this.outbox.abandonAll().catch(this.#reports.emitError)
    this.#recovery.followInvitation()
    this.#elections.commitIfDue()
    this.intents.run()
    this.outbox.pump()
  }
}
