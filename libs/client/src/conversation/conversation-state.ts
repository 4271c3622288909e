import type { Group } from '@fastchat/crypto'
import type { ConversationId } from '@fastchat/schema'
import { storedRecord } from '../chain/stored-chain.ts'
import { Serial } from '../serial.ts'
import { Batch, type ConversationRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { Snapshot } from './read-result.ts'

/** A conversation as it is stored. Its group may be decoded when it is first needed. */
export type StoredSnapshot = {
  readonly record: ConversationRecord
  readonly group?: Group | (() => Group) | undefined
}

/** Holds the record and the group of one conversation, and the lock under which they change. */
export class ConversationState {
  readonly id: ConversationId
  readonly #context: Pick<Context, 'store' | 'events'>
  readonly #serial = new Serial()
  #record: ConversationRecord
  #group: StoredSnapshot['group']

  constructor(context: Pick<Context, 'store' | 'events'>, { record, group }: StoredSnapshot) {
    this.id = record.conversation
    this.#context = context
    this.#record = record
    this.#group = group
  }

  get snapshot(): Snapshot {
    return { record: this.#record, group: this.group }
  }

  get record(): ConversationRecord {
    return this.#record
  }

  get group(): Group | undefined {
    // An account may have a thousand chats, and a process uses few of them.
    if (typeof this.#group === 'function') this.#group = this.#group()
    return this.#group
  }

  /** Returns whether this device is in a group, without decoding it. */
  get hasGroup(): boolean {
    return this.#group !== undefined
  }

  /** Returns whether the group has been needed since this device was opened. */
  get isGroupDecoded(): boolean {
    return typeof this.#group !== 'function'
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
    this.#record = record
    this.#context.events.emit('conversation', record)
  }

  /** Takes over a record that is stored already. The caller announces it. */
  take(record: ConversationRecord): void {
    this.#record = record
  }

  /** Takes over a record and a group that are stored already. The caller announces them. */
  replace({ record, group }: Snapshot): void {
    this.#record = record
    this.#group = group
  }

  /** Takes over a group that is stored already, after its ratchet has moved. */
  advance(group: Group): void {
    this.#group = group
  }
}
