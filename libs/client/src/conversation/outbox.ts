import { maxPayloadBytes } from '@fastchat/crypto'
import type { MessageId, Payload } from '@fastchat/schema'
import { ClientError } from '../errors.ts'
import { keepFailed } from '../failed/failed-record.ts'
import { maySend } from '../groups/may-send.ts'
import type { LimitWork } from '../limit-work.ts'
import { chatNotesOf } from '../messages/chat-notes.ts'
import { withTimer } from '../messages/with-timer.ts'
import { cardPayload } from '../people/card-payload.ts'
import { isWrittenByPerson } from '../people/is-written-by-person.ts'
import { type Batch, type Entry, getRecord, type OutboxRecord, parseRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { LogInbox } from './log-inbox.ts'
import type { LogRequest } from './log-request.ts'
import { OutboxAnswers } from './outbox-answers.ts'
import { OutboxEncryption } from './outbox-encryption.ts'
import { OutboxRecords, outboxKey } from './outbox-records.ts'
import { OutboxSender } from './outbox-sender.ts'
import { encodePayload } from './payload-bytes.ts'
import type { Pruning } from './pruning.ts'
import type { Reports } from './reports.ts'
import { requeueSent } from './requeue-sent.ts'
import type { SentMessages } from './sent-messages.ts'
import { type Stored, StoredWaiters } from './stored-waiters.ts'

type Parts = {
  readonly request: LogRequest
  readonly inbox: LogInbox
  readonly pruning: Pruning
  readonly reports: Reports
  readonly sends: LimitWork
}

type Saved = { readonly outbox: readonly OutboxRecord[]; readonly sent: SentMessages }

/** The messages of one conversation that the log has not shown yet, in the order of their sends. */
export class Outbox {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #reports: Reports
  readonly #inbox: LogInbox
  readonly #answers: OutboxAnswers
  readonly #sender: OutboxSender
  readonly #records: OutboxRecords
  readonly #waiters = new StoredWaiters()
  readonly #sent: SentMessages
  #isHeld = false

  constructor(context: Context, state: ConversationState, parts: Parts, { outbox, sent }: Saved) {
    const { request, inbox, pruning, reports, sends } = parts
    this.#context = context
    this.#inbox = inbox
    this.#state = state
    this.#reports = reports
    this.#sent = sent
    const records = new OutboxRecords(context.store, outbox)
    this.#records = records
    const answers = new OutboxAnswers(context, state, {
      ...{ records, reports },
      drop: (id, stored, batch) => this.drop(id, stored, batch),
      settle: (id, stored) => this.#settle(id, stored),
      reject: (record, error) => this.#reject(record, error),
    })
    this.#answers = answers
    const encryption = new OutboxEncryption(context, state, {
      ...{ records, inbox, pruning },
      isUpToDate: () => this.#isUpToDate,
      refuse: (id, error) => void this.#refuse(id, error).catch(reports.emitError),
    })
    this.#sender = new OutboxSender(
      {
        prepare: (afterOrder) =>
          state.locked(async () => (this.#isHeld ? undefined : await encryption.next(afterOrder))),
        transmit: (frame) => context.connection.request(frame),
        stored: (id, seq, at) => answers.stored(id, { seq, at }),
        stale: (id) => answers.stale(id),
        commitFirst: (id) => pruning.commitFirst(records.get(id)?.encrypted),
        outside: () => request.ask(),
        failed: (id, error) => answers.fail(id, error),
        trouble: reports.emitError,
      },
      sends,
    )
  }

  get records(): ReadonlyMap<MessageId, OutboxRecord> {
    return this.#records.all
  }

  /**
   * Returns the message that the server said it had stored at a position, until the log shows it.
   */
  acked(seq: number): OutboxRecord | undefined {
    return this.#records.ackedAt(seq)
  }

  /** Sends every message that can be sent. */
  pump(): void {
    this.#sender.pump()
  }

  /** Resolves when no send is under way. Call it without a connection. */
  async idle(): Promise<void> {
    await this.#sender.idle()
  }

  /** Removes a message that the log shows, in the batch that makes it history. */
  drop(id: MessageId, stored: Stored, batch: Batch): void {
    const record = this.#records.get(id)
    if (!record) return
    const { isRepeated: _, ...sent } = record
    batch.remove('outbox', outboxKey(record))
    this.#sent.keep(sent, stored, batch)
  }

  /** Settles a message whose removal is stored. */
  dropped(id: MessageId, stored: Stored): void {
    const record = this.#records.get(id)
    this.#records.forget(id)
    this.#records.shown(id, stored)
    if (!record?.stored && !record?.isRepeated) this.#settle(id, stored)
  }

  /**
   * Queues a message. When the promise resolves, the message is stored on this device. An id that
   * is queued or sent already is ignored.
   *
   * @throws {ClientError} `invalid_payload`, `too_large`, `not_a_member`, `user_blocked`,
   *   `verified_key_changed`, `admins_write`. A device that has not read the latest log fails the
   *   message with `admins_write` later, if the rule still stands then
   */
  async queue(id: MessageId, written: Payload, attachments: readonly string[] = []): Promise<void> {
    const payload = withTimer(written, await chatNotesOf(this.#context.store, this.#state.id))
    if (encodePayload(payload).length > maxPayloadBytes)
      throw new ClientError('too_large', `A message can have ${maxPayloadBytes} bytes at most`)
    const isWritten = isWrittenByPerson(payload)
    if (isWritten) this.#context.people.checkWrite(this.#state.record)
    await this.#state.locked(async () => {
      const { status } = this.#state.record
      if (status === 'left' || status === 'removed') throw outOfGroup()
      const { roster } = this.#state.group ?? {}
      // A device that is behind decides when it has read on: the rule may be over.
      if (roster && this.#isUpToDate && !maySend(roster, this.#context.identity.userId, payload.kind))
        throw new ClientError('admins_write')
      if (this.#records.get(id) || (await this.#context.store.get('messageIds', id))) return
      const mayShow = isWritten && (!roster || maySend(roster, this.#context.identity.userId, 'card'))
      const card = mayShow ? this.#context.people.dueCard(this.#state.record) : undefined
      if (card) await this.#put(this.#context.newId(), cardPayload(card), [])
      await this.#put(id, payload, attachments)
      const sent = payload.kind === 'card' ? payload : card
      await this.#note({ isWritten, cardSent: sent?.n })
    })
    this.pump()
  }

  /**
   * Resolves when the server has stored a queued message.
   *
   * @throws {ClientError} `unknown_message`, or the error with which the message failed
   */
  async whenStored(id: MessageId): Promise<Stored> {
    const record = this.#records.get(id)
    if (record?.stored) return record.stored
    if (record && !record.isRepeated) return await this.#waiters.add(id)
    const place = await this.#context.store.get('messageIds', id)
    const entry = place && (await getRecord<Entry>(this.#context.store, 'entries', parseRecord<string>(place)))
    if (!entry) throw new ClientError('unknown_message')
    return { seq: entry.seq, at: entry.at }
  }

  /**
   * Removes all messages, in the batch that stores the end of this device's membership. They stay
   * as failed. The log has shown all messages that the server took before that. The others must not
   * reach the group when this device is added again.
   */
  abandon(batch: Batch): void {
    for (const record of this.#records.all.values()) {
      batch.remove('outbox', outboxKey(record))
      keepFailed(batch, record, outOfGroup())
    }
  }

  /** Fails all messages after the batch of `abandon` is stored. */
  abandoned(): void {
    for (const [id, record] of [...this.#records.all]) {
      this.#records.forget(id)
      this.#reject(record, outOfGroup())
    }
  }

  /** Fails all messages, when this device has left the group in another way than by its log. */
  async abandonAll(): Promise<void> {
    for (const id of [...this.#records.all.keys()]) await this.#answers.fail(id, outOfGroup())
  }

  /** This device has read everything that the server has for it. */
  get #isUpToDate(): boolean {
    return this.#context.connection.isOnline && this.#context.isSynced() && this.#inbox.isUpToDate
  }

  async #refuse(id: MessageId, error: Error): Promise<void> {
    await this.#answers.fail(id, error)
    this.pump()
  }

  async #put(id: MessageId, payload: Payload, attachments: readonly string[]): Promise<void> {
    await this.#records.put({
      ...{ id, conversation: this.#state.id, order: this.#records.nextOrder },
      ...{ payload, attachments, queuedAt: this.#context.clock.wallMs() },
    })
    this.#context.events.emit('queued', { conversation: this.#state.id, id })
  }

  /** Notes the card that the chat gets, and accepts it if this person writes in it. */
  async #note({ isWritten, cardSent }: { isWritten: boolean; cardSent: number | undefined }): Promise<void> {
    const { request, ...record } = this.#state.record
    if (!(request && isWritten) && cardSent === undefined) return
    await this.#state.save({
      ...record,
      ...(request && !isWritten && { request }),
      ...(cardSent !== undefined && { cardSent }),
    })
  }

  /** Stops sending until `sendAgain` has put the sent messages before the others. */
  hold(): void {
    this.#isHeld = true
  }

  /** Sends all recent messages again after a restore of the server; see `requeueSent`. */
  async sendAgain(): Promise<void> {
    try {
      await this.#state.locked(() => requeueSent(this.#context.store, this.#records, this.#sent))
    } finally {
      this.#isHeld = false
    }
    this.pump()
  }

  #reject({ id, isRepeated }: OutboxRecord, error: Error): void {
    // A repeated message is in the history already.
    if (isRepeated) return
    this.#waiters.reject(id, error)
    this.#reports.messageFailed(id, error)
  }

  #settle(id: MessageId, stored: Stored): void {
    this.#waiters.resolve(id, stored)
    this.#context.events.emit('stored', { conversation: this.#state.id, id, ...stored })
  }
}

const outOfGroup = () => new ClientError('not_a_member', 'You are no longer a member of this conversation')
