import { type Group, signalKeyBytes, signalKeyLabel } from '@fastchat/crypto'
import { type ConversationId, fromBase64Url, toBase64Url } from '@fastchat/schema'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'

/**
 * The epochs of a conversation whose keys are kept, the present one included. A receipt of an
 * earlier epoch cannot be opened. Its sender seals it anew before: see `Receipts`.
 */
export const maxKeptEpochs = 8

type Moment = { readonly groupNo: number; readonly epoch: number }
type StoredKey = Moment & { readonly key: string }

const keyOf = (conversation: ConversationId): string => `signalKeys/${conversation}`
const isAt = (at: Moment) => (one: Moment) => one.groupNo === at.groupNo && one.epoch === at.epoch

/**
 * Keeps the keys of signals, which each epoch's group exports (RFC 9420 §8.5). They open signals
 * and nothing else: no message, and no later epoch.
 */
export class SignalKeys {
  readonly #store: Store
  readonly #known = new Map<ConversationId, readonly StoredKey[]>()

  constructor(store: Store) {
    this.#store = store
  }

  /** Returns the key of the group's epoch, and keeps it. Nothing may change the group meanwhile. */
  async of(group: Group): Promise<Uint8Array> {
    const { conversation, groupNo, epoch } = group
    const kept = await this.#read(conversation)
    const found = kept.find(isAt({ groupNo, epoch }))
    if (found) return fromBase64Url(found.key)
    const context = new TextEncoder().encode(conversation)
    const key = await group.exportSecret(signalKeyLabel, context, signalKeyBytes)
    const next = [{ groupNo, epoch, key: toBase64Url(key) }, ...kept].slice(0, maxKeptEpochs)
    await this.#store.write(new Batch().put('meta', keyOf(conversation), next).writes)
    this.#known.set(conversation, next)
    return key
  }

  /** Returns the key of an epoch that this device was in lately. */
  async at(conversation: ConversationId, moment: Moment): Promise<Uint8Array | undefined> {
    const found = (await this.#read(conversation)).find(isAt(moment))
    return found && fromBase64Url(found.key)
  }

  async #read(conversation: ConversationId): Promise<readonly StoredKey[]> {
    const known = this.#known.get(conversation)
    if (known) return known
    const stored = (await getRecord<readonly StoredKey[]>(this.#store, 'meta', keyOf(conversation))) ?? []
    this.#known.set(conversation, stored)
    return stored
  }
}
