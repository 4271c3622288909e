import type { ConversationId, DeviceId } from '@fastchat/schema'
import { Batch, parseRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type Reached, type ReceiptRecord, reachedAfter, type SentReceipt } from './receipt-record.ts'
import type { Heard } from './signal-channel.ts'

/** The devices of one chat whose receipts are kept, former ones included. */
const maxDevices = 1_024

const prefix = 'receipts/'

/** The receipts of one conversation. */
export type Held = {
  own: SentReceipt
  readonly others: Map<DeviceId, Reached>
  /** The last message of another user. Unknown after a start. */
  lastForeign: number | undefined
  /** Whether a receipt is to be sent even if it says nothing new. */
  isDue: boolean
}

/** Holds and stores the receipts of all conversations: those that came, and the last ones sent. */
export class ReceiptBook {
  readonly #store: Store
  readonly #held = new Map<ConversationId, Held>()
  readonly #unsaved = new Set<ConversationId>()

  constructor(store: Store) {
    this.#store = store
  }

  async load(): Promise<void> {
    for (const { key, value } of await this.#store.list('meta', { prefix })) {
      const { own, others } = parseRecord<ReceiptRecord>(value)
      // The casts hold, since `save` wrote the key and the record.
      const entries = Object.entries(others) as [DeviceId, Reached][]
      const held: Held = { own, others: new Map(entries), lastForeign: undefined, isDue: false }
      this.#held.set(key.slice(prefix.length) as ConversationId, held)
    }
  }

  has(conversation: ConversationId): boolean {
    return this.#held.has(conversation)
  }

  of(conversation: ConversationId): Held {
    return this.#held.get(conversation) ?? this.begin(conversation, { delivered: 0, read: 0 })
  }

  /** Begins a conversation whose past up to `own` is not told. */
  begin(conversation: ConversationId, own: SentReceipt): Held {
    const held: Held = { own, others: new Map(), lastForeign: undefined, isDue: false }
    this.#held.set(conversation, held)
    return held
  }

  /** Notes that the receipts of a conversation have changed, for the next `save`. */
  changed(conversation: ConversationId): void {
    this.#unsaved.add(conversation)
  }

  /** Takes another device's receipt. Returns whether it says something new. */
  take({ conversation, user, device, content, cursor }: Heard): boolean {
    if (content.kind !== 'receipt') return false
    const { others } = this.of(conversation)
    const before = others.get(device)
    const after = reachedAfter(before, user, content, cursor)
    const isSame = before?.delivered === after.delivered && before.read === after.read && before.from === after.from
    if (isSame) return false
    others.set(device, after)
    const [oldest] = others.keys()
    if (others.size > maxDevices && oldest !== undefined) others.delete(oldest)
    this.changed(conversation)
    return true
  }

  /** Forgets what others have told. Returns the conversations that this concerns. */
  forget(): readonly ConversationId[] {
    const concerned = [...this.#held].filter(([, { others }]) => others.size > 0)
    for (const [conversation, { others }] of concerned) {
      others.clear()
      this.changed(conversation)
    }
    return concerned.map(([conversation]) => conversation)
  }

  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const batch = new Batch()
    for (const conversation of this.#unsaved) {
      const { own, others } = this.of(conversation)
      const record: ReceiptRecord = { own, others: Object.fromEntries(others) }
      batch.put('meta', `${prefix}${conversation}`, record)
    }
    this.#unsaved.clear()
    await this.#store.write(batch.writes)
  }
}
