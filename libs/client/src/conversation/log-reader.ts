import { type ConversationId, chatOperations, type LogEntry, type MessageId } from '@fastchat/schema'
import { ChainValues } from '../chain/chain-values.ts'
import { followChain } from '../chain/follow-chain.ts'
import { isPermanent, ServerError } from '../errors.ts'
import type { Batch, ConversationRecord, Entry, IntentRecord, OutboxRecord } from '../store/records.ts'
import type { TroubleCode } from '../trouble-words.ts'
import { isAttempt } from './attributed.ts'
import { gapOver, isGapInForm, isPosition, isWithinLog, type StoredGap } from './check-gap.ts'
import type { Context } from './context.ts'
import { groupNoOf } from './group-no-of.ts'
import { joinByWelcome } from './join-by-welcome.ts'
import type { Gap, LogItem } from './log-item.ts'
import { LogRequest } from './log-request.ts'
import { stepOver } from './outside-group.ts'
import { readEntry } from './read-entry.ts'
import { readWithRefetch } from './read-with-refetch.ts'
import type { Reading, View } from './reading.ts'
import { readingsBatch } from './readings-batch.ts'
import { trackSilentMembers } from './silent-members.ts'

/** What the reader asks of its conversation. */
type Port = {
  view(): View
  /** Runs a task while nothing else reads or changes the conversation. */
  locked<T>(task: () => Promise<T>): Promise<T>
  readonly outbox: ReadonlyMap<MessageId, OutboxRecord>
  /** Our message that the server said it had stored at a position, while the log has not shown it. */
  acked(seq: number): OutboxRecord | undefined
  attemptOf(id: MessageId): IntentRecord['attempt']
  /** More to store with readings: what of ours they make superfluous. */
  superseded(readings: readonly Reading[], batch: Batch): void
  /** They are stored, with `after` as the state; now is the time to show them and to act. */
  read(readings: readonly Reading[], after: View): void
  /** A line about the server, where this device stands in the log. */
  tell(code: TroubleCode): void
}

/** With the position that the server had been asked to read on from when it came. */
type Arrived = { readonly item: LogItem; readonly answeredAt: number | undefined }

/** Entries stored together: the group's whole state is written once for all of them. */
const maxBatch = 32
/** Entries waiting to be read; the server's credit keeps it below this. */
const maxInbox = 1_024
/** Letters of envelopes that wait to be read: two of the largest frames. */
const maxInboxLetters = 8 * 1024 * 1024
/** Lies about gaps that one process remembers to have told of. */
const maxToldGaps = 64
/** Pause before an entry that could not be read for want of a server, or of disk, is asked for again. */
const retryMs = 1_000

/**
 * Reads one conversation's log in order, a batch at a time: ciphertext is opened in memory, then history, ratchet state and
 * cursor are stored as one, and only then is anything shown, acked, or old keys overwritten. A crash or a failed write in
 * between costs reading the same entries again.
 */
export class LogReader {
  readonly #context: Context
  readonly #conversation: ConversationId
  readonly #port: Port
  readonly #request: LogRequest
  readonly #values: ChainValues
  #inbox: Arrived[] = []
  #inboxLetters = 0
  readonly #toldGaps = new Set<string>()
  #isDraining = false
  #isBehind = false
  /** An entry could not be read for want of a server, or of disk: nothing that comes after it may be read before it. */
  #hasFailed = false
  #isPausing = false
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(context: Context, conversation: ConversationId, port: Port) {
    this.#context = context
    this.#conversation = conversation
    this.#port = port
    this.#values = new ChainValues(context.store, conversation)
    this.#request = new LogRequest(context, conversation, () => port.view().record.cursor)
  }

  /** Nothing that has arrived waits to be read. */
  get isIdle(): boolean {
    return this.#inbox.length === 0 && !this.#isDraining && !this.#isBehind
  }

  /** All that has arrived is read, but for what is being read under the lock. */
  get isUpToDate(): boolean {
    return this.#inbox.length === 0 && !this.#isBehind
  }

  /** The server was asked for what comes after the cursor, has answered, and nothing is there to be read. */
  get hasAll(): boolean {
    return this.isIdle && this.#request.answeredAt === this.#port.view().record.cursor
  }

  /** A new connection delivers from the cursor on. */
  restart(): void {
    this.stop()
    this.#empty()
    this.#isBehind = false
    this.#hasFailed = false
    this.#request.reset()
  }

  stop(): void {
    clearTimeout(this.#retry)
    this.#isPausing = false
  }

  receive(item: LogItem): void {
    // All of it is asked for again after the pause.
    if (this.#isPausing || !isInForm(item)) return
    const { answeredAt } = this.#request
    if (this.#inbox.length < maxInbox && this.#inboxLetters <= maxInboxLetters) {
      this.#inbox.push({ item, answeredAt })
      this.#inboxLetters += sizeOf(item)
    } else this.#fallBehind()
    if (this.#isDraining) return
    this.#isDraining = true
    void this.#drain().finally(() => {
      this.#isDraining = false
    })
  }

  /** Asks for whatever the log has after the cursor. */
  ask(): void {
    this.#request.ask()
  }

  async #drain(): Promise<void> {
    while (this.#inbox.length > 0) {
      try {
        await this.#port.locked(() => this.#readBatch(this.#take()))
      } catch (error) {
        this.#tell(error)
        this.#hasFailed = true
        // A server that says when to come back is not asked before.
        this.#fallBehind(Math.max(retryMs, error instanceof ServerError ? (error.retryMs ?? 0) : 0))
      }
    }
  }

  #take(): Arrived[] {
    const taken = this.#inbox.splice(0, maxBatch)
    this.#inboxLetters -= lettersOf(taken)
    return taken
  }

  #putBack(arrived: readonly Arrived[]): void {
    this.#inbox.unshift(...arrived)
    this.#inboxLetters += lettersOf(arrived)
  }

  #empty(): void {
    this.#inbox = []
    this.#inboxLetters = 0
  }

  /** Something after the cursor is not here: what has come after it is dropped, and all of it asked for again. */
  #fallBehind(afterMs = 0): void {
    this.#empty()
    this.#isBehind = true
    this.stop()
    if (afterMs === 0) {
      this.ask()
      return
    }
    this.#isPausing = true
    this.#retry = setTimeout(() => {
      this.#isPausing = false
      this.ask()
    }, afterMs)
  }

  /** @throws what kept an entry from being read; those before it are stored all the same. */
  async #readBatch(arrived: readonly Arrived[]): Promise<void> {
    const readings: Reading[] = []
    let view = this.#port.view()
    let failure: { readonly error: unknown } | undefined
    let ahead: Arrived | undefined
    for (const [at, one] of arrived.entries()) {
      const { item } = one
      let falseGap: StoredGap | undefined
      if (lastOf(item) <= view.record.cursor) {
        falseGap = await this.#falseGapOver(item, view.record, readings)
        if (!falseGap) continue
        view = { ...view, record: { ...view.record, cursor: firstOf(item) - 1 } }
      } else if (!('id' in item) && !(await this.#isTrueGap(item))) continue
      if (this.#isAhead(one, view)) {
        ahead = one
        break
      }
      try {
        const reading = this.#counted(view, await this.#read(view, item))
        const cut = falseGap?.cutBefore(firstOf(item)) ?? []
        readings.push(cut.length > 0 ? { ...reading, writes: [...(reading.writes ?? []), ...cut] } : reading)
        view = reading
      } catch (error) {
        failure = { error }
        break
      }
      if (isTurningPoint(item)) {
        this.#putBack(arrived.slice(at + 1))
        break
      }
    }
    if (readings.length > 0) await this.#keep(readings, view)
    const bytes = lettersOf(arrived)
    this.#context.acks.note(this.#conversation, view.record.cursor, { entries: arrived.length, bytes })
    if (failure) throw failure.error
    if (ahead) this.#fallBehind(ahead.answeredAt === view.record.cursor ? retryMs : 0)
  }

  /** A gap that ends beyond the log is stepped over, and told. */
  async #isTrueGap(gap: Gap): Promise<boolean> {
    if (await isWithinLog(this.#context, gap)) return true
    this.#tellOfGap('gap_beyond_log', gap)
    return false
  }

  /**
   * The server shows an entry at a position that it said to be gone: it is told. While nothing was read after that gap, the log is read
   * on from there; else what came after would be overwritten.
   *
   * @returns the gap when the entry is to be read
   */
  async #falseGapOver(
    item: LogItem,
    { cursor, isRestored }: ConversationRecord,
    unstored: readonly Reading[],
  ): Promise<StoredGap | undefined> {
    if (!('id' in item)) return undefined
    const gap = await gapOver(this.#context, item)
    if (!gap) return undefined
    // A copy from before the entry was removed has it again.
    if (!isRestored || gap.to === cursor) this.#tellOfGap('gap_untrue', gap)
    return gap.to === cursor && unstored.length === 0 ? gap : undefined
  }

  #tellOfGap(code: TroubleCode, { from, to }: { readonly from: number; readonly to: number }): void {
    const what = `${code} ${from} ${to}`
    if (this.#toldGaps.has(what) || this.#toldGaps.size >= maxToldGaps) return
    this.#toldGaps.add(what)
    this.#port.tell(code)
  }

  async #keep(readings: readonly Reading[], after: View): Promise<void> {
    const batch = readingsBatch(readings, this.#port.view(), after)
    this.#port.superseded(readings, batch)
    const found = new Map(readings.flatMap(({ pins = [] }) => [...pins]))
    await this.#context.pins.keep(found, batch, () => this.#context.store.write(batch.writes))
    for (const { forget } of readings) forget?.()
    this.#isBehind = false
    this.#hasFailed = false
    this.#port.read(readings, after)
  }

  /**
   * Whether something between the cursor and this item is missing. Outside the group nothing is: the log skips what this
   * device may not receive; and a commit of ours that lets us in may come after a stretch that was not ours. But an entry that could not
   * be read comes first: it may be the one that lets us in.
   */
  #isAhead({ item, answeredAt }: Arrived, { record, group }: View): boolean {
    if (!group) return this.#hasFailed && answeredAt !== record.cursor
    if (firstOf(item) <= record.cursor + 1) return false
    const isOfThisGroup = record.status === 'active' && 'id' in item && groupNoOf(item) === group.groupNo
    if (this.#isOurs(item) && !isOfThisGroup) return false
    // Let in anew by somebody who was faster than we in finding out about a restore: there is nothing before that for us.
    const isOfLaterGroup = 'id' in item && item.kind === 'commit' && groupNoOf(item) > group.groupNo
    const isWhole = record.status === 'active' && !isOfLaterGroup
    return isWhole || answeredAt !== record.cursor
  }

  #isOurs(item: LogItem): boolean {
    const attempt = 'id' in item ? this.#port.attemptOf(item.id) : undefined
    return attempt !== undefined && 'id' in item && isAttempt(this.#context, item, attempt)
  }

  async #read(view: View, arrived: LogItem): Promise<Reading> {
    const whole = 'id' in arrived && arrived.envelope === undefined ? await this.#fetchWhole(arrived) : arrived
    const { item, reading } =
      'id' in whole
        ? await this.#readTwice(view, whole)
        : { item: whole, reading: readGap(view, whole, this.#context.clock.wallMs()) }
    const me = this.#context.identity.userId
    const chained = await followChain({
      me,
      before: view,
      item,
      reading,
      acked: (seq) => this.#port.acked(seq),
      valueAt: (chain, seq) => this.#values.at(chain, seq),
    })
    this.#values.note(chained.record.chain)
    return trackSilentMembers(view, chained, me)
  }

  async #readTwice(view: View, whole: LogEntry): Promise<{ readonly item: LogItem; readonly reading: Reading }> {
    const read = (entry: LogEntry) => this.#readOrStepOver(view, entry)
    const { entry, reading } = await readWithRefetch(this.#context, view, whole, read)
    return { item: entry, reading }
  }

  async #readEntry(view: View, entry: LogEntry): Promise<Reading> {
    const own = { outbox: this.#port.outbox, attempt: this.#port.attemptOf(entry.id) }
    const welcomed = this.#isOurs(entry) ? undefined : await joinByWelcome(this.#context, view, entry)
    return welcomed ?? (await readEntry(this.#context, view, entry, own))
  }

  /** What no later answer would make readable blocks nothing that comes after it. @throws what a later try may do without */
  async #readOrStepOver(view: View, entry: LogEntry): Promise<Reading> {
    try {
      if (entry.envelope === undefined) return stepOver(this.#context, view, entry)
      return await this.#readEntry(view, entry)
    } catch (error) {
      if (!isPermanent(error)) throw error
      this.#tell(error)
      return stepOver(this.#context, view, entry)
    }
  }

  #counted(before: View, reading: Reading): Reading {
    const me = this.#context.identity.userId
    const fresh = reading.entries.filter(({ type, from }) => type === 'message' && from !== me).length
    return { ...reading, record: { ...reading.record, unread: before.record.unread + fresh } }
  }

  /** @returns the entry still without its envelope when the server says that it won't give it */
  async #fetchWhole(entry: LogEntry): Promise<LogEntry> {
    const { conversation, seq } = entry
    try {
      const { envelope } = await this.#context.api.call(chatOperations.getMessage, { params: { conversation, seq } })
      return envelope === undefined ? entry : { ...entry, envelope }
    } catch (error) {
      if (!isPermanent(error)) throw error
      this.#tell(error)
      return entry
    }
  }

  #tell(error: unknown): void {
    this.#context.events.emit('trouble', error instanceof Error ? error : new Error(String(error)))
  }
}

/** A range of the log is gone from the server. It may have held a commit: the group can only be entered anew. */
function readGap(view: View, gap: Gap, at: number): Reading {
  if (gap.reason === 'restore') return readRestore(view, gap, at)
  const { record, group } = view
  const { conversation, from, to } = gap
  const entry: Entry = { type: 'gap', conversation, seq: from, to, at }
  const after = { ...record, cursor: to as number }
  if (!group || record.status !== 'active') return { record: after, group, entries: [entry] }
  const broken = { ...after, status: 'broken' as const, brokenBy: 'gap' as const, brokenAt: from as number }
  return { record: broken, group, entries: [entry], trouble: 'unreadable' }
}

/**
 * Here the server's database was restored from a copy. What stood at these positions is not there any more, and epochs that we know were
 * given out may be unknown to it: the conversation goes on in its next group only.
 */
function readRestore({ record, group }: View, { conversation, from, to }: Gap, at: number): Reading {
  const entry: Entry = { type: 'system', conversation, seq: from, to, at, event: { kind: 'restored' } }
  const after = { ...record, cursor: to as number, isRestored: true as const }
  const isInGroup = record.status === 'active' || record.status === 'broken'
  if (!group || !isInGroup) return { record: after, group, entries: [entry] }
  const broken = { ...after, status: 'broken' as const, brokenBy: 'restored' as const }
  return { record: broken, group, entries: [entry], trouble: 'restored' }
}

/** After these the device has something to do, which may change how the next entry is read. */
const isTurningPoint = (item: LogItem): boolean => !('id' in item) || item.kind !== 'application'

const firstOf = (item: LogItem): number => ('id' in item ? item.seq : item.from)
const lastOf = (item: LogItem): number => ('id' in item ? item.seq : item.to)
const sizeOf = (item: LogItem): number => ('id' in item ? (item.envelope?.length ?? 0) : 0)
const lettersOf = (arrived: readonly Arrived[]): number => arrived.reduce((sum, { item }) => sum + sizeOf(item), 0)
const isInForm = (item: LogItem): boolean => ('id' in item ? isPosition(item.seq) : isGapInForm(item))
