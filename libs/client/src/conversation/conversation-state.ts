import type { Group } from '@fastchat/crypto'
import type { ConversationId } from '@fastchat/schema'
import { storedRecord } from '../chain/stored-chain.ts'
import { Serial } from '../serial.ts'
import { Batch, type ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { Snapshot } from './read-result.ts'

/** Holds the record and the group of one conversation, and the lock under which they change. */
export class ConversationState {
  readonly id: ConversationId
  readonly #context: Pick<Context, 'store' | 'events'>
  readonly #serial = new Serial()
  #snapshot: Snapshot

  constructor(context: Pick<Context, 'store' | 'events'>, snapshot: Snapshot) {
    this.id = snapshot.record.conversation
    this.#context = context
    this.#snapshot = snapshot
  }

  get snapshot(): Snapshot {
    return this.#snapshot
  }

  get record(): ConversationRecord {
    return this.#snapshot.record
  }

  get group(): Group | undefined {
    return this.#snapshot.group
  }

  /** No task holds the lock or waits for it. */
  get isIdle(): boolean {
    return this.#serial.isIdle
  }

  /** Resolves when all tasks so far have run. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  /** Runs a task under the lock: no other task changes the conversation meanwhile. */
  locked<T>(task: () => Promise<T>): Promise<T> {
    return this.#serial.run(task)
  }

  /** Stores a record and announces it. Call it under the lock. */
  async save(record: ConversationRecord): Promise<void> {
    await this.#context.store.write(new Batch().put('conversations', this.id, storedRecord(record)).writes)
    this.announce(record)
  }

  /** Takes over a record that is stored already, and announces it. */
  announce(record: ConversationRecord): void {
    this.#snapshot = { ...this.#snapshot, record }
    this.#context.events.emit('conversation', record)
  }

  /** Takes over a record and a group that are stored already. The caller announces them. */
  replace({ record, group }: Snapshot): void {
    this.#snapshot = { record, group }
  }

  /** Takes over a group that is stored already, after its ratchet has moved. */
  advance(group: Group): void {
    this.#snapshot = { ...this.#snapshot, group }
  }
}
