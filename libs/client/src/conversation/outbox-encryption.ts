import { encodeChained, type Group } from '@fastchat/crypto'
import { type MessageId, toBase64Url } from '@fastchat/schema'
import { isOf } from '../chain/chain-record.ts'
import { frameOf } from '../chain/frame-of.ts'
import { ClientError } from '../errors.ts'
import { isSameGroupEpoch } from '../group-epoch.ts'
import { isAsReader, maySend } from '../groups/may-send.ts'
import { Batch, type OutboxRecord } from '../store/records.ts'
import type { Context } from './context.ts'
import type { ConversationState } from './conversation-state.ts'
import type { LogInbox } from './log-inbox.ts'
import { type OutboxRecords, outboxKey } from './outbox-records.ts'
import { encodePayload } from './payload-bytes.ts'
import type { Pruning } from './pruning.ts'
import { mustPrune } from './revocations.ts'

/**
 * The number of messages of one epoch that the server may reject before this device begins another
 * epoch. Together with the sends under way it stays below what receivers let a sender skip.
 */
const maxVoided = 16

type Parts = {
  readonly records: OutboxRecords
  readonly pruning: Pruning
  readonly inbox: LogInbox
  /** Returns whether this device has read everything that the server has for it. */
  readonly isUpToDate: () => boolean
  /** Fails a message that can't be sent, after the lock is free. */
  readonly refuse: (id: MessageId, error: Error) => void
}

/** Encrypts the messages of one outbox in order. */
export class OutboxEncryption {
  readonly #context: Context
  readonly #state: ConversationState
  readonly #parts: Parts

  constructor(context: Context, state: ConversationState, parts: Parts) {
    this.#context = context
    this.#state = state
    this.#parts = parts
  }

  /**
   * Returns the next message after that order, encrypted; undefined when none can be sent now. Call
   * it under the lock.
   *
   * It encrypts nothing for an epoch while an earlier message of another epoch waits. That one may
   * have to be encrypted again, and one sender's generations must stay in order.
   */
  async next(afterOrder: number): Promise<OutboxRecord | undefined> {
    const { records, pruning, inbox } = this.#parts
    const waiting = [...records.all.values()].filter(({ stored }) => !stored)
    const next = waiting.find(({ order }) => order > afterOrder)
    if (!next || !this.#context.connection.isOnline) return undefined
    const { group, record } = this.#state
    if (record.status === 'left') return undefined
    if (next.encrypted && !next.isStale) return next
    if (!group || record.status !== 'active') return undefined
    // Until then a restored copy of this device does not know that it is one.
    if (!inbox.hasCaughtUp) return undefined
    const isOfThisEpoch = ({ encrypted }: OutboxRecord) => isSameGroupEpoch(encrypted, group)
    const earlier = waiting.slice(0, waiting.indexOf(next))
    if (isOfThisEpoch(next) || earlier.some((other) => other.isStale || !isOfThisEpoch(other))) return undefined
    if (!maySend(group.roster, this.#context.identity.userId, next.payload.kind)) {
      if (this.#parts.isUpToDate()) this.#parts.refuse(next.id, new ClientError('admins_write'))
      return undefined
    }
    if (mustPrune(record)) {
      void pruning.prune()
      return undefined
    }
    const hasRunBack = isSameGroupEpoch(record.runBack, group)
    if (hasRunBack || (isOf(record.chain, group) && record.chain.voided >= maxVoided)) {
      pruning.renewEpoch()
      return undefined
    }
    return await this.#encrypt(group, next)
  }

  /**
   * Encrypts a message with this device's present view of the log. The final bytes are stored, with
   * the ratchet that made them, before any of them leaves.
   */
  async #encrypt(from: Group, { isStale: _, ...next }: OutboxRecord): Promise<OutboxRecord> {
    const frame = frameOf(this.#state.record.chain, from)
    const { group, envelope, forget } = await from.encrypt(encodeChained(frame, encodePayload(next.payload)))
    const asReader = isAsReader(from.roster, this.#context.identity.userId)
    const encrypted = {
      ...{ groupNo: from.groupNo, epoch: from.epoch, envelope: toBase64Url(envelope) },
      ...(asReader && { asReader }),
    }
    const record: OutboxRecord = { ...next, encrypted }
    await this.#context.store.write(
      new Batch().put('outbox', outboxKey(record), record).putBytes('groups', this.#state.id, group.encode()).writes,
    )
    forget()
    this.#state.advance(group)
    this.#parts.records.keep(record)
    return record
  }
}
