import type { ConversationId } from '@fastchat/schema'
import type { Store } from '../store/store.ts'
import type { ChainRecord } from './chain-types.ts'
import { valueAt } from './stored-chain.ts'

/**
 * The number of values in memory: more than one batch of entries, and most that messages refer to.
 */
const maxRecent = 64

/**
 * Returns the values of a conversation's chain, the recent ones from memory and older ones from the
 * store.
 */
export class ChainValues {
  readonly #store: Store
  readonly #conversation: ConversationId
  /** The values of the chain that began at `#start`, by position. */
  readonly #recent = new Map<number, string>()
  #start: number | undefined

  constructor(store: Store, conversation: ConversationId) {
    this.#store = store
    this.#conversation = conversation
  }

  /** Remembers the last value of a chain. */
  note(chain: ChainRecord | undefined): void {
    if (chain === undefined) return
    if (chain.start !== this.#start) this.#recent.clear()
    this.#start = chain.start
    this.#recent.set(chain.seq, chain.c)
    if (this.#recent.size <= maxRecent) return
    for (const oldest of this.#recent.keys()) {
      this.#recent.delete(oldest)
      return
    }
  }

  /** Returns the value at a position of the chain; undefined when there is none. */
  at(chain: ChainRecord, seq: number): string | undefined | Promise<string | undefined> {
    const recent = chain.start === this.#start ? this.#recent.get(seq) : undefined
    return recent ?? valueAt(this.#store, this.#conversation, chain, seq)
  }
}
