import { chatOperations, type ServerFrames } from '@fastchat/schema'
import { pause } from '../net/backoff.ts'
import type { ConversationRecord, MembershipChange } from '../store/records.ts'
import type { Context } from './context.ts'
import type { View } from './reading.ts'

/** What the ways back ask of their conversation. */
type Port = {
  view(): View
  save(change: Partial<ConversationRecord>): Promise<void>
  want(change: MembershipChange): Promise<void>
}

/** An admin starts the next group after a pause of up to this, so that not all admins do. */
const restartSpreadMs = 1_500

/** The ways into a group from outside, and out of one that can't go on. Each may be asked for as often as one likes. */
export class Recovery {
  readonly #context: Context
  readonly #port: Port
  #invitation: ServerFrames['welcome'] | undefined
  #isRestarting = false

  constructor(context: Context, port: Port) {
    this.#context = context
    this.#port = port
  }

  /** We belong here, the server says. It may say so before the log has told us that we were out for a while. */
  invited(invitation: ServerFrames['welcome']): void {
    this.#invitation = invitation
    this.followInvitation()
  }

  /**
   * With a welcome the log itself will bring us in. Where it has passed without doing so, and where there is none, we join;
   * but not before the log has shown that we are out.
   */
  followInvitation(): void {
    const { record, group } = this.#port.view()
    // Whoever came in at or after that place has followed it.
    if (this.#invitation && group && this.#invitation.seq <= record.joinedSeq) this.#invitation = undefined
    const invitation = this.#invitation
    if (!invitation || group || (invitation.join === 'welcome' && invitation.seq > record.cursor)) return
    this.#invitation = undefined
    const isOut = record.status === 'left' || record.status === 'removed'
    const ready = isOut ? this.#port.save({ status: 'joining' }) : Promise.resolve()
    ready.then(() => this.#join(), this.#tell)
  }

  /** Looks for the way out of a broken group; also after a crash before it was found. */
  mend(): void {
    const { status, brokenBy } = this.#port.view().record
    if (status !== 'broken') return
    if (brokenBy === 'restored') void this.#afterRestore().catch(this.#tell)
    else if (brokenBy === 'unlawful' || brokenBy === 'upgrade') this.restartLater()
    else this.#join()
  }

  /**
   * A restored server waits for the next group. Where it goes on with this one, it only said that it was restored: this device comes back
   * as after any gap, into what follows from the group that it knows.
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

  /** An admin (in a direct chat: either) starts the next group after a short random pause; somebody else may be first. */
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
    await pause(Math.random() * restartSpreadMs)
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

  /** Members whom a restored server had forgotten could not be in the group that we have just made: they are added. */
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
