import { chatOperations, type ServerFrames } from '@fastchat/schema'
import { pause } from '../net/backoff.ts'
import type { ConversationRecord, MembershipChange } from '../store/records.ts'
import type { Context } from './context.ts'
import type { View } from './reading.ts'

/** The functions of a conversation that its recovery calls. */
type Port = {
  view(): View
  save(change: Partial<ConversationRecord>): Promise<void>
  want(change: MembershipChange): Promise<void>
}

/**
 * An admin starts the next group after a random pause of up to this time, so that not all admins
 * do.
 */
const restartSpreadMs = 1_500

/**
 * Brings this device into a group from outside, and out of a group that can't continue. Each method
 * may be called any number of times.
 */
export class Recovery {
  readonly #context: Context
  readonly #port: Port
  #invitation: ServerFrames['welcome'] | undefined
  #isRestarting = false

  constructor(context: Context, port: Port) {
    this.#context = context
    this.#port = port
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
    const { record, group } = this.#port.view()
    // A device that joined at or after that position has followed the invitation.
    if (this.#invitation && group && this.#invitation.seq <= record.joinedSeq) this.#invitation = undefined
    const invitation = this.#invitation
    if (!invitation || group || (invitation.join === 'welcome' && invitation.seq > record.cursor)) return
    this.#invitation = undefined
    const isOut = record.status === 'left' || record.status === 'removed'
    const ready = isOut ? this.#port.save({ status: 'joining' }) : Promise.resolve()
    ready.then(() => this.#join(), this.#tell)
  }

  /** Starts the way out of a broken group, also when a crash interrupted it. */
  mend(): void {
    const { status, brokenBy } = this.#port.view().record
    if (status !== 'broken') return
    if (brokenBy === 'restored') void this.#afterRestore().catch(this.#tell)
    else if (brokenBy === 'unlawful' || brokenBy === 'upgrade') this.restartLater()
    else this.#join()
  }

  /**
   * Checks whether a restored server really waits for the next group. A server that continues with
   * the present group only claimed a restore. Then this device returns as after any gap, into a
   * group that follows from the one that it knows.
   */
  async #afterRestore(): Promise<void> {
    const { conversation, groupNo } = this.#port.view().record
    const goesOn = await this.#context.api
      .call(chatOperations.getConversation, { params: { conversation } })
      .then((theirs) => theirs.groupNo === groupNo && theirs.epoch > 0)
      .catch(() => false)
    const { status, brokenBy } = this.#port.view().record
    if (status !== 'broken' || brokenBy !== 'restored') return
    if (!goesOn) return this.restartLater()
    await this.#port.save({ brokenBy: 'unreadable' })
    this.#join()
  }

  /**
   * Starts the next group after a short random pause, as an admin (in a direct chat: either user).
   * Another device may be faster.
   */
  restartLater(): void {
    const { record } = this.#port.view()
    const me = record.members.find(({ userId }) => userId === this.#context.identity.userId)
    if (this.#isRestarting || (record.kind === 'group' && me?.role !== 'admin')) return
    this.#isRestarting = true
    void this.#restart(record.groupNo).finally(() => {
      this.#isRestarting = false
    })
  }

  async #restart(groupNo: number): Promise<void> {
    await pause(this.#context.random() * restartSpreadMs)
    const { record } = this.#port.view()
    if (record.status !== 'broken' || record.groupNo !== groupNo || !this.#context.connection.isOnline) return
    this.#context.counters.restarts++
    try {
      await this.#port.want({ kind: 'restart' })
      if (record.brokenBy !== 'upgrade') await this.#bringBack(record)
    } catch (error) {
      this.#tell(error instanceof Error ? error : new Error(String(error)))
    }
  }

  /**
   * Adds the members whom a restored server had forgotten. They could not be in the group that this
   * device has just made.
   */
  async #bringBack({ members, departed }: ConversationRecord): Promise<void> {
    const { record, group } = this.#port.view()
    if (record.kind === 'direct' || group?.ownLeafIndex !== 0) return
    const isBack = new Set([...departed, ...record.members.map(({ userId }) => userId)])
    const userIds = members.map(({ userId }) => userId).filter((userId) => !isBack.has(userId))
    if (userIds.length > 0) await this.#port.want({ kind: 'add', userIds })
  }

  #join(): void {
    this.#port.want({ kind: 'join' }).catch(this.#tell)
  }

  readonly #tell = (error: Error): void => this.#context.events.emit('trouble', error)
}
