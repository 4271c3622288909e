import { type Group, groupCheckDigits } from '@fastchat/crypto'
import type { ConversationId, MessageId, ServerFrames, SharedProfile, UserId } from '@fastchat/schema'
import { type ProfileChange, profilePayload } from '../groups/profile-payload.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'
import { acceptRequest, endDirectGroup, learnName } from './change-record.ts'
import type { Context } from './context.ts'
import { type ConversationParts, createConversationParts } from './conversation-parts.ts'
import type { ConversationState } from './conversation-state.ts'
import type { ElectionState } from './election.ts'
import { endByRestore, endByRevocation } from './end-membership.ts'
import type { Intents } from './intents.ts'
import { leaveGroup } from './leave-group.ts'
import type { LogItem } from './log-item.ts'
import type { Outbox } from './outbox.ts'
import type { SavedConversation } from './saved-conversation.ts'
import type { SendSlots } from './send-slots.ts'

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
  readonly #parts: ConversationParts

  constructor(context: Context, slots: SendSlots, saved: SavedConversation) {
    const parts = createConversationParts(context, slots, saved, {
      announce: () => this.announceProfile(),
      onRead: () => this.#continue(),
    })
    this.id = saved.record.conversation
    this.#context = context
    this.#parts = parts
    this.#state = parts.state
    this.intents = parts.intents
    this.outbox = parts.outbox
  }

  /** The stored facts about this conversation. */
  get record(): ConversationRecord {
    return this.#state.record
  }

  /** @internal */
  get group(): Group | undefined {
    return this.#state.group
  }

  /** Returns whether this device is in a group. It costs less than asking for the group. */
  get hasGroup(): boolean {
    return this.#state.hasGroup
  }

  /** Returns whether the group has been needed since this device was opened. */
  get isGroupDecoded(): boolean {
    return this.#state.isGroupDecoded
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
    return this.#parts.inbox.isIdle && this.#state.isIdle && !this.intents.isJoining
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
    await this.#parts.readPosition.load()
  }

  /** Handles a new connection: everything that waits is tried again. @internal */
  online(): void {
    this.#parts.reader.restart()
    this.#parts.recovery.recover()
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
    this.#parts.reader.receive(item)
  }

  /** Asks the server for the log after the cursor. @internal */
  askForLog(): void {
    this.#parts.request.ask()
  }

  /** Handles an invitation: the server says that this device belongs to the group. @internal */
  invited(invitation: ServerFrames['welcome']): void {
    this.#parts.recovery.invited(invitation)
  }

  /**
   * Handles a restore of the server from a copy that has no place for this device. With `lost` the
   * copy does not know the conversation; otherwise this device joins again.
   *
   * @internal
   */
  async displaced({ lost }: { readonly lost: boolean }): Promise<void> {
    await endByRestore(this.#context, this.#state, lost)
    if (!lost) this.#parts.recovery.join()
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
    await this.#parts.reports.addLine(from, code)
  }

  /**
   * Leaves the group; see `leaveGroup`.
   *
   * @throws {ClientError} `not_a_member`
   * @throws {ServerError}
   * @internal
   */
  async leave(id: MessageId): Promise<void> {
    await leaveGroup(this.#context, this.#state, this.#parts.request, id)
  }

  /** Votes for a new admin; see `Elections`. @internal */
  async vote(id: MessageId): Promise<ElectionState> {
    return await this.#parts.elections.vote(id)
  }

  /** Runs a task while nothing else of this conversation changes. @internal */
  locked<T>(task: () => Promise<T>): Promise<T> {
    return this.#state.locked(task)
  }

  /** Accepts the chat: it no longer waits as a request. @internal */
  async accept(): Promise<void> {
    await acceptRequest(this.#state)
    await this.recount()
  }

  /** Notes that the history up to a position was removed from this device. */
  async forgotten(to: number): Promise<void> {
    await this.#state.locked(() => this.#state.save({ ...this.record, forgottenTo: to }))
  }

  /**
   * Ends the present group, and begins the next one with the keys that are pinned now. Only in a
   * direct chat, where either person may do so.
   *
   * @internal
   */
  async beginNext(): Promise<void> {
    await endDirectGroup(this.#state)
    this.#parts.recovery.recover()
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
    await this.#parts.readPosition.markRead(seq)
  }

  /** Counts unread messages anew: stored entries have changed. @internal */
  async recount(): Promise<void> {
    await this.#parts.readPosition.recount()
  }

  /**
   * Takes the name that another device of this account has read, unless this device knows a later
   * one or will read it itself.
   *
   * @internal
   */
  async learnName(profile: SharedProfile): Promise<void> {
    await learnName(this.#state, profile)
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
    this.#parts.inbox.stop()
    await this.intents.idle()
    await this.outbox.idle()
    await this.#state.idle()
  }

  /** Starts what the state of the conversation asks for. */
  #continue(): void {
    const { status, departed } = this.record
    const hasLeft = status === 'left' && departed.includes(this.#context.identity.userId)
    if (hasLeft || (!this.hasGroup && (status === 'left' || status === 'removed')))
      this.outbox.abandonAll().catch(this.#parts.reports.emitError)
    this.#parts.recovery.followInvitation()
    this.#parts.elections.commitIfDue()
    this.intents.run()
    this.outbox.pump()
  }
}
