import { isGapInForm, isPosition } from './check-gap.ts'
import type { ConversationState } from './conversation-state.ts'
import { firstOf, type LogItem } from './log-item.ts'
import type { LogRequest } from './log-request.ts'

/** An item of the log. `answeredAt` is the cursor of the request whose answer it follows. */
export type Arrived = { readonly item: LogItem; readonly answeredAt: number | undefined }

/**
 * The number of items that are read and stored together: the group's state is written once for
 * them.
 */
const maxBatch = 32
/** The number of items that wait to be read. The server's credit keeps it below this. */
const maxItems = 1_024
/** The letters of envelopes that wait to be read: two of the largest frames. */
const maxLetters = 8 * 1024 * 1024

/** Holds the items of one conversation's log that have arrived and are not read yet. */
export class LogInbox {
  readonly #state: ConversationState
  readonly #request: LogRequest
  readonly #hasSynced: () => boolean
  #items: Arrived[] = []
  #letters = 0
  #isDraining = false
  #isBehind = false
  #isPausing = false
  #hasCaughtUp = false
  #retry: ReturnType<typeof setTimeout> | undefined

  constructor(state: ConversationState, request: LogRequest, hasSynced: () => boolean) {
    this.#state = state
    this.#request = request
    this.#hasSynced = hasSynced
  }

  /** No item waits or is being read. */
  get isIdle(): boolean {
    return this.#items.length === 0 && !this.#isDraining && !this.#isBehind
  }

  /** All items are read, except those that are being read under the lock. */
  get isUpToDate(): boolean {
    return this.#items.length === 0 && !this.#isBehind
  }

  /**
   * The server has answered a request from the present cursor, and sent nothing after the answer.
   */
  get hasAll(): boolean {
    return this.isIdle && this.#request.answeredAt === this.#state.record.cursor
  }

  /**
   * The log was once read as far as it reached when this device connected. Later the files of this
   * process can't be replaced by older ones.
   */
  get hasCaughtUp(): boolean {
    this.#hasCaughtUp ||= this.#hasSynced() && this.isUpToDate
    return this.#hasCaughtUp
  }

  /** Forgets all items: a new connection delivers from the cursor on. */
  restart(): void {
    this.stop()
    this.#empty()
    this.#isBehind = false
    this.#request.reset()
  }

  /** Cancels a planned retry. */
  stop(): void {
    clearTimeout(this.#retry)
    this.#isPausing = false
  }

  /**
   * Adds an item. When the inbox is full, it drops everything and asks for it again. During the
   * pause before a retry it drops the item, because the retry asks for it again.
   *
   * @returns whether there may be something to read
   */
  add(item: LogItem): boolean {
    if (this.#isPausing || !isInForm(item)) return false
    const { answeredAt } = this.#request
    if (this.#items.length < maxItems && this.#letters <= maxLetters) {
      this.#items.push({ item, answeredAt })
      this.#letters += lettersOf(item)
    } else this.fallBehind()
    return true
  }

  /** Calls `read` until the inbox is empty. A second call during the first returns at once. */
  async drain(read: () => Promise<void>): Promise<void> {
    if (this.#isDraining) return
    this.#isDraining = true
    try {
      while (this.#items.length > 0) await read()
    } finally {
      this.#isDraining = false
    }
  }

  /** Takes the next batch. */
  take(): Arrived[] {
    const taken = this.#items.splice(0, maxBatch)
    this.#letters -= sumOfLetters(taken)
    return taken
  }

  /** Returns items to the front. */
  putBack(arrived: readonly Arrived[]): void {
    this.#items.unshift(...arrived)
    this.#letters += sumOfLetters(arrived)
  }

  /** Notes that items were stored, so nothing before them is missing. */
  advanced(): void {
    this.#isBehind = false
  }

  /** Drops all items because one before them is missing, and asks for them again after a pause. */
  fallBehind(afterMs = 0): void {
    this.#empty()
    this.#isBehind = true
    this.stop()
    if (afterMs === 0) {
      this.#request.ask()
      return
    }
    this.#isPausing = true
    this.#retry = setTimeout(() => {
      this.#isPausing = false
      this.#request.ask()
    }, afterMs)
  }

  #empty(): void {
    this.#items = []
    this.#letters = 0
  }
}

const lettersOf = (item: LogItem): number => ('id' in item ? (item.envelope?.length ?? 0) : 0)

/** Returns the letters of the envelopes of these items. */
export const sumOfLetters = (arrived: readonly Arrived[]): number =>
  arrived.reduce((sum, { item }) => sum + lettersOf(item), 0)

const isInForm = (item: LogItem): boolean => ('id' in item ? isPosition(firstOf(item)) : isGapInForm(item))
