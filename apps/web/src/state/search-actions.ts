import type { ConversationId } from '@fastchat/schema'
import type { FoundLine } from '../engine/calls/search-calls.ts'
import type { Tab } from './tab.ts'

/** Searches the history of this device. */
export class SearchActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** Shows the search in one chat, or in all chats. */
  show(conversation?: ConversationId): void {
    this.#tab.set({ searching: conversation === undefined ? {} : { conversation } })
  }

  hide(): void {
    this.#tab.set({ searching: undefined })
  }

  /** @throws {CallError} */
  async search(words: string, conversation?: ConversationId): Promise<readonly FoundLine[]> {
    return await this.#tab.call('search', { words, ...(conversation !== undefined && { conversation }) })
  }

  /** Returns the time of the oldest message that a search can find. @throws {CallError} */
  async since(conversation?: ConversationId): Promise<number> {
    return await this.#tab.call('searchedSince', conversation === undefined ? {} : { conversation })
  }
}
