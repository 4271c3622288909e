import { chatOperations, type LogEntry } from '@fastchat/schema'
import { ChainValues } from '../chain/chain-values.ts'
import { followChain } from '../chain/follow-chain.ts'
import { isPermanent } from '../errors.ts'
import { withoutUnseen, withPeople } from '../people/with-people.ts'
import { isAttempt } from './attributed.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { countFresh } from './counting.ts'
import type { Intents } from './intents.ts'
import { joinByWelcome } from './join-by-welcome.ts'
import type { LogItem } from './log-item.ts'
import type { Outbox } from './outbox.ts'
import { stepOver } from './outside-group.ts'
import { readEntry } from './read-entry.ts'
import { readGap } from './read-gap.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import { readWithRefetch } from './read-with-refetch.ts'
import type { Reports } from './reports.ts'
import { trackSilentMembers } from './silent-members.ts'

type Parts = { readonly outbox: Outbox; readonly intents: Intents; readonly reports: Reports }

/** Reads single items of the log in memory. It stores nothing. */
export class ItemReader {
  readonly #context: Context
  readonly #outbox: Outbox
  readonly #intents: Intents
  readonly #reports: Reports
  readonly #values: ChainValues

  constructor(context: Context, state: ConversationState, { outbox, intents, reports }: Parts) {
    this.#context = context
    this.#outbox = outbox
    this.#intents = intents
    this.#reports = reports
    this.#values = new ChainValues(context.store, state.id)
  }

  /**
   * Reads the item that follows `view`.
   *
   * @throws an error after which the same item is to be read again
   */
  async read(snapshot: Snapshot, arrived: LogItem): Promise<ReadResult> {
    const whole = 'id' in arrived && arrived.envelope === undefined ? await this.#fetchEnvelope(arrived) : arrived
    const { item, result } =
      'id' in whole
        ? await this.#readTwice(snapshot, whole)
        : { item: whole, result: readGap(snapshot, whole, this.#context.clock.wallMs()) }
    const me = this.#context.identity.userId
    const chained = await followChain({
      me,
      before: snapshot,
      item,
      result,
      acked: (seq) => this.#outbox.acked(seq),
      valueAt: (chain, seq) => this.#values.at(chain, seq),
    })
    this.#values.note(chained.record.chain)
    const { people } = this.#context
    const read = withoutUnseen(people, snapshot, trackSilentMembers(snapshot, chained, me))
    const record = countFresh(read.record, read.entries, {
      me,
      isHidden: (entry) => people.isHidden(read.record, entry),
    })
    return withPeople(this.#context, snapshot, { ...read, record })
  }

  /** Returns whether an item is a commit of this device. */
  isOurs(item: LogItem): boolean {
    const attempt = 'id' in item ? this.#intents.attemptOf(item.id) : undefined
    return attempt !== undefined && 'id' in item && isAttempt(this.#context, item, attempt)
  }

  async #readTwice(
    snapshot: Snapshot,
    whole: LogEntry,
  ): Promise<{ readonly item: LogItem; readonly result: ReadResult }> {
    const read = (entry: LogEntry) => this.#readOrStepOver(snapshot, entry)
    const { entry, result } = await readWithRefetch(this.#context, snapshot, whole, read)
    return { item: entry, result }
  }

  async #readEntry(snapshot: Snapshot, entry: LogEntry): Promise<ReadResult> {
    const own = { outbox: this.#outbox.records, attempt: this.#intents.attemptOf(entry.id) }
    const welcomed = this.isOurs(entry) ? undefined : await joinByWelcome(this.#context, snapshot, entry)
    return welcomed ?? (await readEntry(this.#context, snapshot, entry, own))
  }

  /**
   * Reads an entry, and steps over one that no retry would make readable, so that it blocks
   * nothing.
   */
  async #readOrStepOver(snapshot: Snapshot, entry: LogEntry): Promise<ReadResult> {
    try {
      if (entry.envelope === undefined) return stepOver(this.#context, snapshot, entry)
      return await this.#readEntry(snapshot, entry)
    } catch (error) {
      if (!isPermanent(error)) throw error
      this.#reports.emitError(error)
      return stepOver(this.#context, snapshot, entry)
    }
  }

  /**
   * Fetches a missing envelope. Returns the entry without it when the server rejects the request.
   */
  async #fetchEnvelope(entry: LogEntry): Promise<LogEntry> {
    const { conversation, seq } = entry
    try {
      const { envelope } = await this.#context.api.call(chatOperations.getMessage, { params: { conversation, seq } })
      return envelope === undefined ? entry : { ...entry, envelope }
    } catch (error) {
      if (!isPermanent(error)) throw error
      this.#reports.emitError(error)
      return entry
    }
  }
}
