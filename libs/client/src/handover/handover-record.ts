import type { BackedUpChat, ConversationId, DeviceId } from '@fastchat/schema'
import type { Ranges } from '../backup/ranges.ts'
import { type Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/** A new device remembers this of the history that it asks its own devices for. */
export type HandoverRecord = {
  /** `wanted`: it has not asked yet. `over`: it has everything, or has given up. */
  readonly state: 'wanted' | 'asked' | 'over'
  /** The keys of the ask are base64url. They go when the handover is over. */
  readonly ask?: { readonly id: string; readonly privateKey: string; readonly publicKey: string }
  readonly askedAt?: number
  readonly asks: number
  /** The attachments whose lines are stored here. */
  readonly done: readonly string[]
  /** The number of parts that the answer names. */
  readonly of: number
  readonly from?: DeviceId
  readonly lines: number
  /** The positions that were handed over, by chat. */
  readonly covered: Readonly<Record<ConversationId, Ranges>>
  readonly chats: Readonly<Record<string, BackedUpChat>>
}

const metaKey = 'handover'
const nothing: HandoverRecord = { state: 'over', asks: 0, done: [], of: 0, lines: 0, covered: {}, chats: {} }

/** Reads the record. A device from before there were handovers does not ask. */
export const readHandover = async (store: Store): Promise<HandoverRecord> =>
  (await getRecord<HandoverRecord>(store, 'meta', metaKey)) ?? nothing

export const putHandover = (batch: Batch, record: HandoverRecord): Batch => batch.put('meta', metaKey, record)

/** Notes in the batch that makes a device that it wants the history of its account's devices. */
export const wantHandover = (batch: Batch): Batch => putHandover(batch, { ...nothing, state: 'wanted' })
