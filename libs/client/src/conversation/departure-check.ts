import type { DeviceId, UserId } from '@fastchat/schema'
import { type GroupEpoch, isSameGroupEpoch } from '../group-epoch.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { type Doubt, learnDepartures } from './departures.ts'
import type { Reports } from './reports.ts'
import { withRevoked } from './revocations.ts'

/** Checks the departures and revocations for which the server rejects frames and commits. */
export class DepartureCheck {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #reports: Reports
  #isAsking = false
  /** The last state of the group for which the server asserted a departure without proof. */
  #doubted: GroupEpoch | undefined

  constructor(context: Context, state: ConversationState, reports: Reports) {
    this.#context = context
    this.#state = state
    this.#reports = reports
  }

  /** Returns whether the server did not prove its reason to reject something in this state. */
  isDoubted(rejected: GroupEpoch | undefined): boolean {
    return isSameGroupEpoch(this.#doubted, rejected)
  }

  /**
   * Asks the server for the reason of a rejection. Stores what it proves, and reports what it does
   * not prove. Never rejects.
   */
  async learn(rejected: GroupEpoch): Promise<void> {
    if (this.#isAsking) return
    this.#isAsking = true
    try {
      const { proven, revoked, unproven } = await learnDepartures(this.#context, this.#state.snapshot, rejected)
      if (proven.length + revoked.length > 0) await this.#store(proven, revoked)
      if (unproven.length > 0) await this.#doubt(unproven, rejected)
    } catch (error) {
      this.#reports.emitError(error)
    } finally {
      this.#isAsking = false
    }
  }

  /**
   * Stores proven departures. The log may have shown the removal by now, so members are checked.
   */
  async #store(proven: readonly UserId[], revoked: readonly DeviceId[]): Promise<void> {
    await this.#state.locked(async () => {
      const { record, group } = this.#state
      const isListed = (userId: UserId) => record.members.some((member) => member.userId === userId)
      const departed = [...new Set([...record.departed, ...proven])].filter(isListed)
      const leaves = group?.members() ?? []
      const present = revoked.filter((device) => leaves.some(({ deviceId }) => deviceId === device))
      await this.#state.save(withRevoked({ ...record, departed }, present))
    })
  }

  async #doubt(doubts: readonly Doubt[], { groupNo, epoch }: GroupEpoch): Promise<void> {
    if (this.isDoubted({ groupNo, epoch })) return
    this.#doubted = { groupNo, epoch }
    for (const { from, code } of doubts) await this.#reports.addDoubt(from, code)
  }
}
