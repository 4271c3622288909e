import { encodeChained, type Group, maxPayloadBytes } from '@fastchat/crypto'
import { type ConversationId, type MessageId, type Payload, toBase64Url } from '@fastchat/schema'
import { isOf } from '../chain/chain-record.ts'
import { frameOf } from '../chain/frame-of.ts'
import { OwnPositions } from '../chain/own-positions.ts'
import { storedRecord } from '../chain/stored-chain.ts'
import { ClientError } from '../errors.ts'
import type { GroupEpoch } from '../group-epoch.ts'
import {
  Batch,
  type ConversationRecord,
  type Entry,
  getRecord,
  type OutboxRecord,
  parseRecord,
} from '../store/records.ts'
import type { Context } from './context.ts'
import { OutboxSender, type SendSlots } from './outbox-sender.ts'
import { encodePayload } from './payload-bytes.ts'
import type { View } from './reading.ts'
import { mustPrune } from './revocations.ts'
import type { SentMessages } from './sent-messages.ts'
import { type Stored, StoredWaiters } from './stored-waiters.ts'

/** What the outbox asks of its conversation. */
type Port = {
  view(): View
  /** Runs a task while nothing else reads or changes the conversation. */
  locked<T>(task: () => Promise<T>): Promise<T>
  /** The ratchet moved; the new state is stored already. */
  advanced(group: Group): void
  /** The record changed; it is stored already. */
  changed(record: ConversationRecord): void
  /** Somebody has left, or a device is revoked, and must be removed before anything can be sent. */
  prune(): void
  /** So the server says, about the group as it was then. @returns milliseconds until the message is worth sending again */
  commitFirst(refused: GroupEpoch | undefined): number
  /** A new epoch is needed before anything more can be sent. */
  renew(): void
  /** Whether the log has been read as far as it went when this device connected. */
  hasCaughtUp(): boolean
  /** The server said that it stored a message of ours where our log has something else. */
  moved(seq: number): Promise<void>
  /** The server sees us outside the group: have the log say more. */
  ask(): void
}

/**
 * Messages of one epoch that the server may reject before this device begins another one. With those under way these are
 * fewer than receivers let a sender skip.
 */
const maxVoided = 16

type Saved = { readonly records: readonly OutboxRecord[]; readonly sent: SentMessages }

/** The messages of one conversation that the log has not shown yet, in the order they were queued. */
export class Outbox {
  readonly #context: Context
  readonly #conversation: ConversationId
  readonly #port: Port
  readonly #sender: OutboxSender
  readonly #records = new Map<MessageId, OutboxRecord>()
  readonly #waiters = new StoredWaiters()
  readonly #sent: SentMessages
  readonly #places = new OwnPositions()
  #isHeld = false

  constructor(context: Context, conversation: ConversationId, port: Port, slots: SendSlots, { records, sent }: Saved) {
    this.#context = context
    this.#conversation = conversation
    this.#port = port
    this.#sent = sent
    for (const record of records) this.#keep(record)
    this.#sender = new OutboxSender(
      {
        prepare: (afterOrder) => this.#prepare(afterOrder),
        transmit: (frame) => context.connection.request(frame),
        stored: (id, seq, at) => this.#stored(id, { seq, at }),
        stale: (id) => this.#stale(id),
        commitFirst: (id) => port.commitFirst(this.#records.get(id)?.encrypted),
        outside: () => port.ask(),
        failed: (id, error) => this.#failed(id, error),
        trouble: (error) => context.events.emit('trouble', error instanceof Error ? error : new Error(String(error))),
      },
      slots,
    )
  }

  get records(): ReadonlyMap<MessageId, OutboxRecord> {
    return this.#records
  }

  /** The message that the server said it had stored at a position, while the log has not shown it. */
  acked(seq: number): OutboxRecord | undefined {
    const id = this.#places.ackedAt(seq)
    return id && this.#records.get(id)
  }

  /** Sends what can be sent. */
  pump(): void {
    this.#sender.pump()
  }

  /** Resolves when nothing is under way any more, the connection being gone. */
  async idle(): Promise<void> {
    await this.#sender.idle()
  }

  /** The log shows a message of ours: it leaves the outbox with the batch that makes it history. */
  drop(id: MessageId, stored: Stored, batch: Batch): void {
    const record = this.#records.get(id)
    if (!record) return
    const { isRepeated: _, ...sent } = record
    batch.remove('outbox', outboxKey(record))
    this.#sent.keep(sent, stored, batch)
  }

  dropped(id: MessageId, stored: Stored): void {
    const record = this.#records.get(id)
    this.#forget(id)
    this.#places.shown(id, stored.seq)
    if (!record?.stored && !record?.isRepeated) this.#settle(id, stored)
  }

  /**
   * Queues a message; safe on this device when the promise resolves. An id that is queued or sent already is left alone.
   * @throws {ClientError} `invalid_payload`, `too_large`, `not_a_member`
   */
  async queue(id: MessageId, payload: Payload, attachments: readonly string[] = []): Promise<void> {
    if (encodePayload(payload).length > maxPayloadBytes)
      throw new ClientError('too_large', `A message can have ${maxPayloadBytes} bytes at most`)
    await this.#port.locked(async () => {
      const { status } = this.#port.view().record
      if (status === 'left' || status === 'removed') {
        throw outOfGroup()
      }
      if (this.#records.has(id) || (await this.#context.store.get('messageIds', id))) return
      const order = Math.max(0, ...[...this.#records.values()].map((waiting) => waiting.order)) + 1
      const record: OutboxRecord = {
        id,
        conversation: this.#conversation,
        order,
        payload,
        attachments,
        queuedAt: this.#context.clock.wallMs(),
      }
      await this.#put(record)
    })
    this.#sender.pump()
  }

  /** Resolves when the server has stored a queued message. @throws {ClientError} `unknown_message`, or what refused it */
  async whenStored(id: MessageId): Promise<Stored> {
    const record = this.#records.get(id)
    if (record?.stored) return record.stored
    if (record && !record.isRepeated) return await this.#waiters.add(id)
    const place = await this.#context.store.get('messageIds', id)
    const entry = place && (await getRecord<Entry>(this.#context.store, 'entries', parseRecord<string>(place)))
    if (!entry) throw new ClientError('unknown_message', 'There is no such message on this device')
    return { seq: entry.seq, at: entry.at }
  }

  /**
   * The log shows the end of our stay in the group, and before it all that we said: the rest leaves the outbox with that batch, so that
   * none of it is sent to those in the group when we are added again.
   */
  abandon(batch: Batch): void {
    for (const record of this.#records.values()) batch.remove('outbox', outboxKey(record))
  }

  /** That batch is stored. */
  abandoned(): void {
    for (const [id, record] of [...this.#records]) {
      this.#forget(id)
      this.#reject(record, outOfGroup())
    }
  }

  /** We are out of the group in another way than by its log. */
  async abandonAll(): Promise<void> {
    for (const id of [...this.#records.keys()]) await this.#failed(id, outOfGroup())
  }

  /** Nothing leaves until `sendAgain` has put what was sent before in front of it. */
  hold(): void {
    this.#isHeld = true
  }

  /**
   * The server's database is not the one that it was: what it had stored may be gone. All that was sent lately goes again, in its order,
   * under its ids and with its bytes; the server knows what it has still.
   */
  async sendAgain(): Promise<void> {
    try {
      await this.#port.locked(async () => {
        const sent = (await this.#sent.all(this.#context.store)).map((record) => ({
          ...record,
          isRepeated: true as const,
        }))
        const before = [...this.#records.values()].toSorted((a, b) => a.order - b.order)
        const records = [...sent, ...before].map(({ stored: _, ...record }, at) => ({ ...record, order: at + 1 }))
        const batch = new Batch()
        this.#sent.release(batch)
        for (const record of before) batch.remove('outbox', outboxKey(record))
        for (const record of records) batch.put('outbox', outboxKey(record), record)
        await this.#context.store.write(batch.writes)
        for (const id of [...this.#records.keys()]) this.#forget(id)
        for (const record of records) this.#keep(record)
      })
    } finally {
      this.#isHeld = false
    }
    this.pump()
  }

  /**
   * The next message of the line, encrypted. Nothing is encrypted for an epoch while something before it waits that was
   * encrypted for another one: that one may have to be encrypted again, and one sender's generations must stay in line.
   */
  async #prepare(afterOrder: number): Promise<OutboxRecord | undefined> {
    return await this.#port.locked(async () => {
      const waiting = [...this.#records.values()].filter(({ stored }) => !stored)
      const next = waiting.find(({ order }) => order > afterOrder)
      if (!next || this.#isHeld || !this.#context.connection.isOnline) return undefined
      const { group, record } = this.#port.view()
      if (record.status === 'left') return undefined
      if (next.encrypted && !next.isStale) return next
      if (!group || record.status !== 'active') return undefined
      // Before that, a restored copy of this device does not know that it is one.
      if (!this.#port.hasCaughtUp()) return undefined
      const isOfThisEpoch = ({ encrypted }: OutboxRecord) =>
        encrypted?.groupNo === group.groupNo && encrypted.epoch === group.epoch
      const earlier = waiting.slice(0, waiting.indexOf(next))
      if (isOfThisEpoch(next) || earlier.some((other) => other.isStale || !isOfThisEpoch(other))) return undefined
      if (mustPrune(record)) {
        this.#port.prune()
        return undefined
      }
      const hasRunBack = record.runBack?.groupNo === group.groupNo && record.runBack.epoch === group.epoch
      if (hasRunBack || (isOf(record.chain, group) && record.chain.voided >= maxVoided)) {
        this.#port.renew()
        return undefined
      }
      return await this.#encrypt(group, next)
    })
  }

  /** The bytes are final and stored, with the ratchet that made them, before any of them leaves. They say what was read until now. */
  async #encrypt(from: Group, { isStale: _, ...next }: OutboxRecord): Promise<OutboxRecord> {
    const frame = frameOf(this.#port.view().record.chain, from)
    const { group, envelope, forget } = await from.encrypt(encodeChained(frame, encodePayload(next.payload)))
    const encrypted = { groupNo: from.groupNo, epoch: from.epoch, envelope: toBase64Url(envelope) }
    const record: OutboxRecord = { ...next, encrypted }
    await this.#context.store.write(
      new Batch().put('outbox', outboxKey(record), record).putBytes('groups', this.#conversation, group.encode())
        .writes,
    )
    forget()
    this.#port.advanced(group)
    this.#keep(record)
    return record
  }

  async #stored(id: MessageId, stored: Stored): Promise<void> {
    if (this.#records.get(id)?.isRepeated) return await this.#repeated(id, stored)
    const isWaiting = await this.#change(id, (record) => ({ ...record, stored }))
    await this.#port.locked(async () => {
      const isPassed = isWaiting && this.#records.has(id) && this.#isPassed(stored.seq)
      if (isPassed || this.#places.isElsewhere(id, stored.seq)) await this.#port.moved(stored.seq)
    })
    if (isWaiting) this.#settle(id, stored)
  }

  /** Whether this device has read the log at that position, all of it from where it came in. */
  #isPassed(seq: number): boolean {
    const { status, cursor, joinedSeq, chain } = this.#port.view().record
    return status === 'active' && seq > joinedSeq && seq <= cursor && chain?.missing === undefined
  }

  /** The server had it all along, unless the log is yet to show it at a new place. */
  async #repeated(id: MessageId, stored: Stored): Promise<void> {
    await this.#port.locked(async () => {
      const record = this.#records.get(id)
      if (!record) return
      if (stored.seq > this.#port.view().record.cursor) return await this.#put({ ...record, stored })
      const batch = new Batch()
      this.drop(id, stored, batch)
      await this.#context.store.write(batch.writes)
      this.#forget(id)
    })
  }

  async #stale(id: MessageId): Promise<void> {
    await this.#change(id, (record) => ({ ...record, isStale: true }))
  }

  /** @returns false when the message is not waiting any more: the log was faster. */
  async #change(id: MessageId, change: (record: OutboxRecord) => OutboxRecord): Promise<boolean> {
    return await this.#port.locked(async () => {
      const record = this.#records.get(id)
      if (!record) return false
      await this.#put(change(record))
      return true
    })
  }

  async #put(record: OutboxRecord): Promise<void> {
    await this.#context.store.write(new Batch().put('outbox', outboxKey(record), record).writes)
    this.#keep(record)
  }

  #keep(record: OutboxRecord): void {
    this.#records.set(record.id, record)
    if (record.stored) this.#places.acked(record.id, record.stored.seq)
  }

  #forget(id: MessageId): void {
    const seq = this.#records.get(id)?.stored?.seq
    this.#records.delete(id)
    if (seq !== undefined) this.#places.settled(seq)
  }

  async #failed(id: MessageId, error: Error): Promise<void> {
    const failed = await this.#port.locked(async () => {
      const waiting = this.#records.get(id)
      if (!waiting) return undefined
      const batch = new Batch().remove('outbox', outboxKey(waiting))
      const record = this.#voided(waiting)
      if (record) batch.put('conversations', this.#conversation, storedRecord(record))
      await this.#context.store.write(batch.writes)
      this.#forget(id)
      if (record) this.#port.changed(record)
      return waiting
    })
    if (failed) this.#reject(failed, error)
  }

  #reject({ id, isRepeated }: OutboxRecord, error: Error): void {
    // It was said once, and is in the history.
    if (isRepeated) return
    this.#waiters.reject(id, error)
    this.#context.events.emit('failed', { conversation: this.#conversation, id, error })
  }

  /** The record once a message is gone that others will miss in this device's ratchet: the next ones tell of it. */
  #voided({ encrypted }: OutboxRecord): ConversationRecord | undefined {
    const { record, group } = this.#port.view()
    const isOfThisEpoch = encrypted?.groupNo === group?.groupNo && encrypted?.epoch === group?.epoch
    if (!encrypted || !isOfThisEpoch || !isOf(record.chain, group)) return undefined
    return { ...record, chain: { ...record.chain, voided: record.chain.voided + 1 } }
  }

  #settle(id: MessageId, stored: Stored): void {
    this.#waiters.resolve(id, stored)
    this.#context.events.emit('stored', { conversation: this.#conversation, id, ...stored })
  }
}

const outOfGroup = () => new ClientError('not_a_member', 'You are no longer a member of this conversation')

/** Sorts as the messages were queued, and so as they were encrypted. */
const outboxKey = ({ conversation, order }: Pick<OutboxRecord, 'conversation' | 'order'>): string =>
  `${conversation}/${String(order).padStart(16, '0')}`
