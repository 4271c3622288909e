import type { FoundLine } from '../engine/calls/search-calls.ts'
import type { Tab } from './tab.ts'

/** Searches the history of this device. */
export class SearchActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** @throws {CallError} */
  async search(words: string): Promise<readonly FoundLine[]> {
    return await this.#tab.call('search', { words })
  }
}
