import type { MessageId } from '@fastchat/schema'
import { Batch, type IntentRecord, type MembershipChange, parseRecord } from '../store/records.ts'
import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'

/** A wanted change of a group that waits or is under way. */
export type Pending = {
  readonly key: string
  record: IntentRecord
  readonly done: PromiseWithResolvers<void>
  /** The number of the server's answers without progress since the group last moved on. */
  futile: number
  /** The latest epoch for which an attempt was made. */
  lastEpoch: number
}

/** Keeps the wanted changes of one conversation in memory and in the store, in order. */
export class IntentQueue {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #queue: Pending[] = []

  constructor(context: Context, state: ConversationState) {
    this.#context = context
    this.#state = state
  }

  get all(): readonly Pending[] {
    return this.#queue
  }

  get first(): Pending | undefined {
    return this.#queue[0]
  }

  async load(): Promise<void> {
    const rows = await this.#context.store.list('intents', { prefix: `${this.#state.id}/` })
    for (const { key, value } of rows) this.add(pendingOf(key, parseRecord<IntentRecord>(value)))
  }

  /** Returns a change that is not in the queue yet. */
  create(change: MembershipChange): Pending {
    const record: IntentRecord = { change, keyPackages: [], claimed: [] }
    return pendingOf(`${this.#state.id}/${this.#context.newId()}`, record)
  }

  /**
   * Adds a change. An entry into the group comes first: until then this device can change nothing.
   */
  add(pending: Pending): void {
    if (isEntry(pending.record.change)) this.addFirst(pending)
    else {
      ignoreUnhandled(pending)
      this.#queue.push(pending)
    }
  }

  addFirst(pending: Pending): void {
    ignoreUnhandled(pending)
    this.#queue.unshift(pending)
  }

  /** Takes a change out of the queue. Returns undefined when it is not there any more. */
  remove(pending: Pending): Pending | undefined {
    const at = this.#queue.indexOf(pending)
    return at < 0 ? undefined : this.#queue.splice(at, 1)[0]
  }

  /** Returns the change for which this device has made the commit with that id. */
  withAttempt(id: MessageId): Pending | undefined {
    return this.#queue.find(({ record }) => record.attempt?.id === id)
  }

  /** Returns the commit of this device with that id. */
  attemptOf(id: MessageId): Attempt | undefined {
    return this.withAttempt(id)?.record.attempt
  }

  /** Stores a change with a new record. */
  async store(pending: Pending, record: IntentRecord): Promise<void> {
    await this.#context.store.write(new Batch().put('intents', pending.key, record).writes)
    pending.record = record
  }

  /** Removes a change from the store. */
  async erase({ key }: Pending): Promise<void> {
    await this.#context.store.write(new Batch().remove('intents', key).writes)
  }
}

/** Returns whether a change brings this device into a group. */
export const isEntry = ({ kind }: MembershipChange): boolean => kind === 'join' || kind === 'restart'

/** A failed change is no uncaught error when no caller awaits it. */
const ignoreUnhandled = ({ done }: Pending): void => {
  done.promise.catch(() => {})
}

const pendingOf = (key: string, record: IntentRecord): Pending => ({
  ...{ key, record, done: Promise.withResolvers<void>() },
  ...{ futile: 0, lastEpoch: -1 },
})
