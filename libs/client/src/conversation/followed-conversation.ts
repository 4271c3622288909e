import type { Group } from '@fastchat/crypto'
import type { ConversationId, MessageId, ServerFrames, UserId } from '@fastchat/schema'
import { type ProfileChange, profilePayload } from '../groups/profile-payload.ts'
import type { LimitWork } from '../limit-work.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'
import type { Context } from './context.ts'
import { type ConversationParts, createConversationParts } from './conversation-parts.ts'
import type { ConversationState } from './conversation-state.ts'
import { endByRestore, endByRevocation } from './end-membership.ts'
import type { Intents } from './intents.ts'
import type { LogItem } from './log-item.ts'
import type { Outbox } from './outbox.ts'
import type { SavedConversation } from './saved-conversation.ts'

/**
 * A conversation that follows its log: it reads the log in order, and does what the log, the
 * connection and a restore of the server ask for.
 */
export class FollowedConversation {
  readonly id: ConversationId
  /** @internal */
  readonly intents: Intents
  /** @internal */
  readonly outbox: Outbox
  protected readonly context: Context
  protected readonly state: ConversationState
  protected readonly parts: ConversationParts

  constructor(context: Context, sends: LimitWork, saved: SavedConversation) {
    const parts = createConversationParts(context, sends, saved, {
      announce: () => this.announceProfile(),
      onRead: () => this.#continue(),
    })
    this.id = saved.record.conversation
    this.context = context
    this.parts = parts
    this.state = parts.state
    this.intents = parts.intents
    this.outbox = parts.outbox
  }

  /** The stored facts about this conversation. */
  get record(): ConversationRecord {
    return this.state.record
  }

  /** @internal */
  get group(): Group | undefined {
    return this.state.group
  }

  /** No read, join or change is under way. Messages may still wait for a connection. @internal */
  get isSettled(): boolean {
    return this.parts.inbox.isIdle && this.state.isIdle && !this.intents.isJoining
  }

  /** @internal */
  async load(): Promise<void> {
    await this.intents.load()
    await this.parts.readPosition.load()
  }

  /** Handles a new connection: everything that waits is tried again. @internal */
  online(): void {
    this.parts.reader.restart()
    this.parts.recovery.recover()
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
    this.parts.reader.receive(item)
  }

  /** Asks the server for the log after the cursor. @internal */
  askForLog(): void {
    this.parts.request.ask()
  }

  /** Handles an invitation: the server says that this device belongs to the group. @internal */
  invited(invitation: ServerFrames['welcome']): void {
    this.parts.recovery.invited(invitation)
  }

  /**
   * Handles a restore of the server from a copy that has no place for this device. With `lost` the
   * copy does not know the conversation; otherwise this device joins again.
   *
   * @internal
   */
  async displaced({ lost }: { readonly lost: boolean }): Promise<void> {
    await endByRestore(this.context, this.state, lost)
    if (!lost) this.parts.recovery.join()
    this.#continue()
  }

  /** Handles the revocation of this device by its account key. @internal */
  async revoked(): Promise<void> {
    await endByRevocation(this.context, this.state)
    this.#continue()
  }

  /**
   * Adds a line about a user at the cursor, once per position. The line is not part of the log.
   *
   * @internal
   */
  async tell(from: UserId | undefined, code: TroubleCode): Promise<void> {
    await this.parts.reports.addLine(from, code)
  }

  /**
   * Announces the group's name, topic and picture to its members, with a change. Members who know
   * them see no line.
   *
   * @internal
   */
  async announceProfile(change: ProfileChange = {}, id: MessageId = this.context.newId()): Promise<void> {
    const payload = await profilePayload(this.context.store, this.record, change)
    if (payload) await this.outbox.queue(id, payload)
  }

  /**
   * Resolves when this conversation no longer uses the store. Call it without a connection.
   *
   * @internal
   */
  async stop(): Promise<void> {
    this.parts.inbox.stop()
    await this.intents.idle()
    await this.outbox.idle()
    await this.state.idle()
  }

  /** Starts what the state of the conversation asks for. */
  #continue(): void {
    const { status, departed } = this.record
    const hasLeft = status === 'left' && departed.includes(this.context.identity.userId)
    if (hasLeft || (!this.state.hasGroup && (status === 'left' || status === 'removed')))
      this.outbox.abandonAll().catch(this.parts.reports.emitError)
    this.parts.recovery.followInvitation()
    this.parts.elections.commitIfDue()
    this.intents.run()
    this.outbox.pump()
  }
}
