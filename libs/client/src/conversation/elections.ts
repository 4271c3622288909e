import { officeFor } from '@fastchat/crypto/verify'
import type { MessageId } from '@fastchat/schema'
import { rosterOfRecord } from '../groups/roster-of-record.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { castVote, type ElectionState, electionState, isElectionDue } from './election.ts'
import type { Intents } from './intents.ts'
import type { Outbox } from './outbox.ts'
import type { Reports } from './reports.ts'

type Parts = { readonly intents: Intents; readonly outbox: Outbox; readonly reports: Reports }

/** Votes for a new admin or owner, and commits the election when enough members have voted. */
export class Elections {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #intents: Intents
  readonly #outbox: Outbox
  readonly #reports: Reports
  /** The number of votes when the election was last tried. */
  #triedWith: number | undefined

  constructor(context: Context, state: ConversationState, { intents, outbox, reports }: Parts) {
    this.#context = context
    this.#state = state
    this.#intents = intents
    this.#outbox = outbox
    this.#reports = reports
  }

  /**
   * Votes to replace those whose accounts are deleted: an admin votes for another owner, a member
   * for another admin. Resolves once this device has read the
   * vote and, if it is the last one needed, committed the election.
   *
   * @throws {ClientError} `not_a_member`, `admin_present`
   * @throws {ServerError}
   */
  async vote(id: MessageId): Promise<ElectionState> {
    const payload = await castVote(this.#context, this.#state.snapshot)
    const { userId } = this.#context.identity
    await this.#outbox.queue(id, payload)
    const { seq } = await this.#outbox.whenStored(id)
    await this.#untilRead(seq)
    const { record } = this.#state
    const result = electionState(record, officeFor(rosterOfRecord(record), userId) ?? 'admins')
    if (isElectionDue(record, userId)) await this.#intents.want({ kind: 'elect' })
    return result
  }

  /**
   * Commits an election that is due, if this person has voted. It does not repeat one that the
   * server rejected until there is another vote.
   */
  commitIfDue(): void {
    const { record } = this.#state
    const { userId } = this.#context.identity
    const { status, votes = [] } = record
    const hasVoted = votes.some((vote) => vote.userId === userId)
    if (status !== 'active' || !hasVoted || !isElectionDue(record, userId) || this.#triedWith === votes.length) return
    this.#triedWith = votes.length
    this.#intents.want({ kind: 'elect' }).catch(this.#reports.emitError)
  }

  async #untilRead(seq: number): Promise<void> {
    const read = Promise.withResolvers<void>()
    const look = () => {
      if (this.#state.record.cursor >= seq) read.resolve()
    }
    const stop = this.#context.events.on('conversation', look)
    look()
    await read.promise.finally(stop)
  }
}
