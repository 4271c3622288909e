import type { GroupEpoch } from '../group-epoch.ts'
import type { ConversationState } from './conversation-state.ts'
import type { DepartureCheck } from './departure-check.ts'
import type { Intents } from './intents.ts'
import type { Reports } from './reports.ts'
import { mustPrune } from './revocations.ts'

/** The pause before a message is sent again that the server rejected with `commit_first`. */
const pruneRetryMs = 250
/** The pause when the server does not prove that anyone has to be removed. */
const unprovenRetryMs = 2_000

type Parts = { readonly intents: Intents; readonly departures: DepartureCheck; readonly reports: Reports }

/**
 * Makes the commits without which no message can be sent: removals, and the start of a new epoch.
 */
export class Pruning {
  readonly #state: ConversationState
  readonly #intents: Intents
  readonly #departures: DepartureCheck
  readonly #reports: Reports
  #isPruning = false

  constructor(state: ConversationState, { intents, departures, reports }: Parts) {
    this.#state = state
    this.#intents = intents
    this.#departures = departures
    this.#reports = reports
  }

  /**
   * Handles a `commit_first` about a message that was encrypted in the state `rejected`.
   *
   * @returns milliseconds until a retry is useful
   */
  commitFirst(rejected: GroupEpoch | undefined): number {
    void this.prune(rejected)
    return this.#departures.isDoubted(rejected) ? unprovenRetryMs : pruneRetryMs
  }

  /**
   * Removes the leaves of members who have left, and of revoked devices. A device that joined after
   * the statement knows of it only from the server, so it asks. Never rejects.
   */
  async prune(rejected?: GroupEpoch): Promise<void> {
    if (this.#isPruning) return
    this.#isPruning = true
    try {
      if (rejected && !mustPrune(this.#state.record)) await this.#departures.learn(rejected)
      if (mustPrune(this.#state.record)) await this.#intents.want({ kind: 'prune' })
    } catch (error) {
      this.#reports.emitError(error)
    } finally {
      this.#isPruning = false
    }
  }

  /** Begins a new epoch by an empty commit, if the group is still at the present one then. */
  renewEpoch(): void {
    const { group } = this.#state
    if (!group) return
    const { groupNo, epoch } = group
    this.#intents.want({ kind: 'update', groupNo, epoch }).catch(this.#reports.emitError)
  }
}
