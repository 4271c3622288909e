import { CannotJoin } from '@fastchat/crypto'
import { chatOperations, type ServerFrames } from '@fastchat/schema'
import { pause } from '../net/backoff.ts'
import type { ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { Intents } from './intents.ts'
import type { Reports } from './reports.ts'
import { UntrustedKey } from './untrusted-key.ts'

/**
 * An admin starts the next group after a random pause of up to this time, so that not all admins
 * do.
 */
const restartSpreadMs = 1_500

type Parts = { readonly intents: Intents; readonly reports: Reports }

/**
 * Brings this device into a group from outside, and out of a group that can't continue. Each method
 * may be called any number of times.
 */
export class Recovery {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #intents: Intents
  readonly #reports: Reports
  #invitation: ServerFrames['welcome'] | undefined
  #isRestarting = false

  constructor(context: Context, state: ConversationState, { intents, reports }: Parts) {
    this.#context = context
    this.#state = state
    this.#intents = intents
    this.#reports = reports
  }

  /**
   * Handles an invitation: the server says that this device belongs to the group. It may say so
   * before the log has shown that this device was removed for a while.
   */
  invited(invitation: ServerFrames['welcome']): void {
    this.#invitation = invitation
    this.followInvitation()
  }

  /**
   * Follows an invitation. With a welcome the log itself brings this device in. When the log has
   * passed that position, or there is no welcome, this device joins from outside, but only after
   * the log has shown that it is out.
   */
  followInvitation(): void {
    if (!this.#invitation) return
    const { record, hasGroup } = this.#state
    // A device that joined at or after that position has followed the invitation.
    if (hasGroup && this.#invitation.seq <= record.joinedSeq) this.#invitation = undefined
    const invitation = this.#invitation
    if (!invitation || hasGroup || (invitation.join === 'welcome' && invitation.seq > record.cursor)) return
    this.#invitation = undefined
    const isOut = record.status === 'left' || record.status === 'removed'
    const ready = isOut ? this.#saveInvited() : Promise.resolve()
    ready.then(() => this.join(), this.#reports.emitError)
  }

  /** Somebody who has left and is added again is asked again. */
  async #saveInvited(): Promise<void> {
    await this.#state.locked(async () => {
      const { inviter, ...record } = this.#state.record
      const again = record.status === 'left' ? { request: true as const } : { ...(inviter && { inviter }) }
      await this.#state.save({ ...record, ...again, status: 'joining' })
    })
  }

  /** Starts the way out of a broken group, also when a crash interrupted it. */
  recover(): void {
    const { status, brokenBy } = this.#state.record
    if (status !== 'broken') return
    if (brokenBy === 'restored') void this.#afterRestore().catch(this.#reports.emitError)
    else if (brokenBy === 'unlawful' || brokenBy === 'upgrade') this.restartLater()
    else this.join()
  }

  /** Joins the group from outside. */
  join(): void {
    this.#intents.want({ kind: 'join' }).catch(this.#reports.emitError)
  }

  /**
   * Handles a failed entry. It is reported once per position of the log, and tried again after the
   * next commit or connection.
   */
  async entryFailed(error: unknown): Promise<void> {
    const { record, group } = this.#state
    const isUnlawful = error instanceof CannotJoin && error.code === 'unlawful'
    // A commit broke the rules of this device's group: the line about it is there, and the next
    // group is due.
    const isTold = isUnlawful && group !== undefined && record.brokenBy === 'unlawful'
    // This device had a lawful state until the server showed a group that breaks the rules.
    const isNewLie = isUnlawful && !isTold && (group !== undefined || record.lawful?.isKept === true)
    const isMisled = isNewLie || (error instanceof CannotJoin && error.code === 'other_history')
    // A device that a lie keeps out is in a group that can't continue. A newcomer is in no group.
    if (isMisled) await this.#reports.addTrouble('other_history', { status: 'broken', brokenBy: 'unreadable' })
    else if (error instanceof UntrustedKey) await this.#reports.addLine(error.userId, 'key_mismatch')
    else if (!isTold) await this.#reports.addTrouble('cannot_enter')
    this.restartLater()
  }

  /**
   * Checks whether a restored server really waits for the next group. A server that continues with
   * the present group only claimed a restore. Then this device returns as after any gap, into a
   * group that follows from the one that it knows.
   */
  async #afterRestore(): Promise<void> {
    const { conversation, groupNo } = this.#state.record
    const goesOn = await this.#context.api
      .call(chatOperations.getConversation, { params: { conversation } })
      .then((theirs) => theirs.groupNo === groupNo && theirs.epoch > 0)
      .catch(() => false)
    const { status, brokenBy } = this.#state.record
    if (status !== 'broken' || brokenBy !== 'restored') return
    if (!goesOn) return this.restartLater()
    await this.#save({ brokenBy: 'unreadable' })
    this.join()
  }

  /**
   * Starts the next group after a short random pause, as an admin (in a direct chat: either user).
   * Another device may be faster.
   */
  restartLater(): void {
    const { record } = this.#state
    const me = record.members.find(({ userId }) => userId === this.#context.identity.userId)
    if (this.#isRestarting || (record.kind === 'group' && (me?.role ?? 'member') === 'member')) return
    this.#isRestarting = true
    void this.#restart(record.groupNo).finally(() => {
      this.#isRestarting = false
    })
  }

  async #restart(groupNo: number): Promise<void> {
    await pause(this.#context.random() * restartSpreadMs)
    const { record } = this.#state
    if (record.status !== 'broken' || record.groupNo !== groupNo || !this.#context.connection.isOnline) return
    this.#context.counters.restarts++
    try {
      await this.#intents.want({ kind: 'restart' })
      if (record.brokenBy !== 'upgrade') await this.#bringBack(record)
    } catch (error) {
      this.#reports.emitError(error)
    }
  }

  /**
   * Adds the members whom a restored server had forgotten. They could not be in the group that this
   * device has just made.
   */
  async #bringBack({ members, departed }: ConversationRecord): Promise<void> {
    const { record, group } = this.#state
    if (record.kind === 'direct' || group?.ownLeafIndex !== 0) return
    const isBack = new Set([...departed, ...record.members.map(({ userId }) => userId)])
    const userIds = members.map(({ userId }) => userId).filter((userId) => !isBack.has(userId))
    if (userIds.length > 0) await this.#intents.want({ kind: 'add', userIds })
  }

  async #save(change: Partial<ConversationRecord>): Promise<void> {
    await this.#state.locked(() => this.#state.save({ ...this.#state.record, ...change }))
  }
}
