import type { MessageId, UserId } from '@fastchat/schema'
import { storedRecord } from '../chain/stored-chain.ts'
import { asError } from '../errors.ts'
import { Batch, type ConversationRecord, type Entry, entryKey, type SystemEvent } from '../store/records.ts'
import { occurredIn, Trouble } from '../trouble.ts'
import type { TroubleCode } from '../trouble-words.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'

/** The number of alarms that wait for the next entry. */
const maxOwed = 8

/** Reports the problems of one conversation: as lines in its history, and as troubles. */
export class Reports {
  readonly #context: Context
  readonly #state: ConversationState

  constructor(context: Context, state: ConversationState) {
    this.#context = context
    this.#state = state
  }

  /** Adds a line about a user at the cursor, once per position. The line is not part of the log. */
  async addLine(from: UserId | undefined, code: TroubleCode): Promise<void> {
    await this.#state.locked(async () => {
      const { conversation, cursor: seq } = this.#state.record
      const event = { kind: 'trouble', code } as const
      const about = from === undefined ? {} : { from }
      const entry: Entry = { type: 'system', conversation, seq, at: this.#context.clock.wallMs(), ...about, event }
      const key = `${entryKey(conversation, seq)}/${code}/${from ?? ''}`
      if ((await this.#context.store.get('entries', key)) !== undefined) return
      await this.#context.store.write(new Batch().put('entries', key, entry).writes)
      this.#context.events.emit('entry', entry)
    })
  }

  /**
   * Adds a line at the cursor, once per position, and emits a trouble. Changes the record as well,
   * unless a welcome has brought this device in meanwhile.
   */
  async addTrouble(code: TroubleCode, change: Partial<ConversationRecord> = {}): Promise<void> {
    const { conversation, cursor: seq } = this.#state.record
    await this.#state.locked(async () => {
      const event: SystemEvent = { kind: 'trouble', code }
      const entry: Entry = { conversation, seq, at: this.#context.clock.wallMs(), type: 'system', event }
      const { record: before } = this.#state
      const record: ConversationRecord = { ...before, ...(before.status !== 'active' && change) }
      const key = `${entryKey(conversation, seq)}/${code}`
      const isTold = (await this.#context.store.get('entries', key)) !== undefined
      await this.#context.store.write(
        new Batch().put('entries', key, entry).put('conversations', conversation, storedRecord(record)).writes,
      )
      this.#state.take(record)
      if (!isTold) this.#context.events.emit('entry', entry)
      this.#context.events.emit('conversation', record)
    })
    this.#context.events.emit('trouble', new Trouble({ code }, { conversation, seq }))
  }

  /**
   * Raises an alarm: a message of this device is not at the position `at`, where the server said it
   * stored it. It becomes a line with the next entry. Call it under the lock.
   */
  async ownMessageMoved(at: number): Promise<void> {
    const event = { kind: 'trouble', code: 'own_message_moved', at } as const
    const { record } = this.#state
    await this.#state.save({ ...record, owed: [...(record.owed ?? []), event].slice(0, maxOwed) })
    const { id: conversation } = this.#state
    this.alarm({ type: 'system', conversation, seq: at, at: this.#context.clock.wallMs(), event })
  }

  /** Counts an alarm and emits its trouble. */
  alarm(line: Entry): void {
    if (line.event?.kind === 'trouble') this.#context.counters.alarms++
    this.emitTrouble(line)
  }

  /** Emits the trouble of a line that is stored. */
  emitTrouble({ conversation, seq, from, device, event }: Entry): void {
    if (event?.kind !== 'trouble') return
    this.#context.events.emit(
      'trouble',
      new Trouble(event, { conversation, seq, from, device }, from && this.#subjectOf(from)),
    )
  }

  /** Adds a line about a claim of the server, and emits its trouble. */
  async addDoubt(from: UserId | undefined, code: TroubleCode): Promise<void> {
    await this.addLine(from, code)
    const { id: conversation } = this.#state
    const trouble = new Trouble({ code }, { conversation, from }, from && this.#subjectOf(from))
    this.#context.events.emit('trouble', trouble)
  }

  /** Emits that the server rejected a message permanently. */
  messageFailed(id: MessageId, error: Error): void {
    this.#context.events.emit('failed', { conversation: this.#state.id, id, error })
  }

  /** Emits an error that no caller can handle. */
  readonly emitError = (error: unknown): void => {
    this.#context.events.emit('trouble', occurredIn(this.#state.id, asError(error)))
  }

  #subjectOf(userId: UserId) {
    const { pins, identity } = this.#context
    return { name: pins.nameOf(userId), isMe: userId === identity.userId }
  }
}
