import { ServerError } from '../errors.ts'
import { foldResults } from '../messages/fold-results.ts'
import { tellFolded } from '../messages/tell-folded.ts'
import type { Batch } from '../store/records.ts'
import type { StoredGap } from './check-gap.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import { GapChecker } from './gap-checker.ts'
import { groupNoOf } from './group-no-of.ts'
import type { Intents } from './intents.ts'
import { ItemReader } from './item-reader.ts'
import { type Arrived, type LogInbox, sumOfLetters } from './log-inbox.ts'
import { firstOf, type LogItem, lastOf } from './log-item.ts'
import type { Outbox } from './outbox.ts'
import type { ReadResult, Snapshot } from './read-result.ts'
import type { Reports } from './reports.ts'
import { resultsBatch } from './results-batch.ts'

/** The pause before an entry is read again that the server or the disk has kept from being read. */
const retryMs = 1_000

type Parts = {
  readonly inbox: LogInbox
  readonly outbox: Outbox
  readonly intents: Intents
  readonly reports: Reports
  /**
   * Called when results are stored, with `after` as the state: now they are shown and acted on.
   */
  readonly onRead: (results: readonly ReadResult[], after: Snapshot) => void
}

/**
 * Reads one conversation's log in order, a batch at a time. Ciphertext is opened in memory. Then
 * history, ratchet state and cursor are stored in one batch. Only then entries are shown and
 * acknowledged, and old keys overwritten. After a crash or a failed write in between, the same
 * entries are read again.
 */
export class LogReader {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #parts: Parts
  readonly #items: ItemReader
  readonly #gaps: GapChecker
  /** The last read has failed. No entry may be read before the one that failed. */
  #hasFailed = false

  constructor(context: Context, state: ConversationState, parts: Parts) {
    this.#context = context
    this.#state = state
    this.#parts = parts
    this.#items = new ItemReader(context, state, parts)
    this.#gaps = new GapChecker(context, parts.reports)
  }

  /** Begins again at the cursor, for a new connection. */
  restart(): void {
    this.#parts.inbox.restart()
    this.#hasFailed = false
  }

  /** Reads an item as soon as those before it are read. */
  receive(item: LogItem): void {
    const { inbox } = this.#parts
    if (inbox.add(item)) void inbox.drain(() => this.#readNext())
  }

  /** Reads the next batch under the lock. After a failure the inbox falls behind. Never rejects. */
  async #readNext(): Promise<void> {
    const { inbox, reports } = this.#parts
    try {
      await this.#state.locked(() => this.#readBatch(inbox.take()))
    } catch (error) {
      reports.emitError(error)
      this.#hasFailed = true
      // A server that named a retry time is not asked before.
      inbox.fallBehind(Math.max(retryMs, error instanceof ServerError ? (error.retryMs ?? 0) : 0))
    }
  }

  /** @throws the error that kept an entry from being read; the entries before it are stored */
  async #readBatch(arrived: readonly Arrived[]): Promise<void> {
    const { inbox } = this.#parts
    const results: ReadResult[] = []
    let snapshot = this.#state.snapshot
    let failure: { readonly error: unknown } | undefined
    let ahead: Arrived | undefined
    for (const [at, one] of arrived.entries()) {
      const { item } = one
      let falseGap: StoredGap | undefined
      if (lastOf(item) <= snapshot.record.cursor) {
        falseGap = await this.#gaps.falseGapOver(item, snapshot.record, results.length > 0)
        if (!falseGap) continue
        snapshot = { ...snapshot, record: { ...snapshot.record, cursor: firstOf(item) - 1 } }
      } else if (!('id' in item) && !(await this.#gaps.isTrueGap(item))) continue
      if (this.#isAhead(one, snapshot)) {
        ahead = one
        break
      }
      try {
        const result = await this.#items.read(snapshot, item)
        const cut = falseGap?.cutBefore(firstOf(item)) ?? []
        results.push(cut.length > 0 ? { ...result, writes: [...(result.writes ?? []), ...cut] } : result)
        snapshot = result
      } catch (error) {
        failure = { error }
        break
      }
      if (isTurningPoint(item)) {
        inbox.putBack(arrived.slice(at + 1))
        break
      }
    }
    if (results.length > 0) await this.#keep(results, snapshot)
    const bytes = sumOfLetters(arrived)
    this.#context.acks.note(this.#state.id, snapshot.record.cursor, { entries: arrived.length, bytes })
    if (failure) throw failure.error
    if (ahead) inbox.fallBehind(ahead.answeredAt === snapshot.record.cursor ? retryMs : 0)
  }

  async #keep(given: readonly ReadResult[], after: Snapshot): Promise<void> {
    const folded = await foldResults(this.#context, this.#state.id, given)
    const { results } = folded
    const batch = resultsBatch(results, this.#state.snapshot, after)
    this.#removeDone(results, batch)
    await folded.write(batch)
    const found = new Map(results.flatMap(({ pins = [] }) => [...pins]))
    await this.#context.pins.keep(found, batch, () => this.#context.store.write(batch.writes))
    for (const { forget } of results) forget?.()
    this.#parts.inbox.advanced()
    this.#hasFailed = false
    this.#parts.onRead(results, after)
    tellFolded(this.#context, this.#state.id, folded)
  }

  /**
   * Removes the waiting messages and changes that the results make needless, in the same batch.
   */
  #removeDone(results: readonly ReadResult[], batch: Batch): void {
    const { outbox, intents } = this.#parts
    for (const { sent, adopted, isOut } of results) {
      if (sent) outbox.drop(sent.id, sent, batch)
      if (isOut) outbox.abandon(batch)
      if (adopted) intents.drop(adopted, batch)
    }
  }

  /**
   * Returns whether an entry between the cursor and this item is missing.
   *
   * Outside the group nothing is missing, because the log skips entries that this device may not
   * receive. A commit of this device that lets it in may come after such a stretch. But an entry
   * that could not be read comes first: it may be the one that lets this device in.
   */
  #isAhead({ item, answeredAt }: Arrived, { record, group }: Snapshot): boolean {
    if (!group) return this.#hasFailed && answeredAt !== record.cursor
    if (firstOf(item) <= record.cursor + 1) return false
    const isOfThisGroup = record.status === 'active' && 'id' in item && groupNoOf(item) === group.groupNo
    if (this.#items.isOurs(item) && !isOfThisGroup) return false
    // A member who noticed a restore first has added this device. It gets nothing before that.
    const isOfLaterGroup = 'id' in item && item.kind === 'commit' && groupNoOf(item) > group.groupNo
    const isWhole = record.status === 'active' && !isOfLaterGroup
    return isWhole || answeredAt !== record.cursor
  }
}

/**
 * Returns whether this device acts on an item in a way that may change how the next one is read.
 */
const isTurningPoint = (item: LogItem): boolean => !('id' in item) || item.kind !== 'application'
