import { type Group, groupCheckDigits } from '@fastchat/crypto'
import type { MessageId, SharedProfile } from '@fastchat/schema'
import { acceptRequest, endDirectGroup, learnName } from './change-record.ts'
import type { ElectionState } from './election.ts'
import { FollowedConversation } from './followed-conversation.ts'
import { leaveGroup } from './leave-group.ts'

/**
 * One conversation of this device: it follows its log, sends its outbox in order, and changes its
 * group.
 */
export class Conversation extends FollowedConversation {
  /** Returns whether this device is in a group. It costs less than asking for the group. */
  get hasGroup(): boolean {
    return this.state.hasGroup
  }

  /** Returns whether the group has been needed since this device was opened. */
  get isGroupDecoded(): boolean {
    return this.state.isGroupDecoded
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

  /** Runs a task while nothing changes the group. @internal */
  withGroup<T>(task: (group: Group | undefined) => Promise<T>): Promise<T> {
    return this.state.locked(() => task(this.group))
  }

  /** Stores a conversation that has just begun. @internal */
  async keep(): Promise<void> {
    await this.state.locked(() => this.state.save(this.record))
  }

  /**
   * Leaves the group; see `leaveGroup`.
   *
   * @throws {ClientError} `not_a_member`
   * @throws {ServerError}
   * @internal
   */
  async leave(id: MessageId): Promise<void> {
    await leaveGroup(this.context, this.state, this.parts.request, id)
  }

  /** Votes for a new admin; see `Elections`. @internal */
  async vote(id: MessageId): Promise<ElectionState> {
    return await this.parts.elections.vote(id)
  }

  /** Runs a task while nothing else of this conversation changes. @internal */
  locked<T>(task: () => Promise<T>): Promise<T> {
    return this.state.locked(task)
  }

  /** Accepts the chat: it no longer waits as a request. @internal */
  async accept(): Promise<void> {
    await acceptRequest(this.state)
    await this.recount()
  }

  /** Notes that the history up to a position was removed from this device. */
  async forgotten(to: number): Promise<void> {
    await this.state.locked(() => this.state.save({ ...this.record, forgottenTo: to }))
  }

  /**
   * Ends the present group, and begins the next one with the keys that are pinned now. Only in a
   * direct chat, where either person may do so.
   *
   * @internal
   */
  async beginNext(): Promise<void> {
    await endDirectGroup(this.state)
    this.parts.recovery.recover()
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
    await this.parts.readPosition.markRead(seq)
  }

  /** Counts unread messages anew: stored entries have changed. @internal */
  async recount(): Promise<void> {
    await this.parts.readPosition.recount()
  }

  /**
   * Takes the name that another device of this account has read, unless this device knows a later
   * one or will read it itself.
   *
   * @internal
   */
  async learnName(profile: SharedProfile): Promise<void> {
    await learnName(this.state, profile)
  }

  /** Announces the name of a new group. @internal */
  async announce(name: string): Promise<void> {
    await this.outbox.queue(this.context.newId(), { v: 1, kind: 'profile', name })
  }
}
