import { newMessageId } from '@fastchat/client/ids'
import type { ConversationId } from '@fastchat/schema'
import type { Line } from '../engine/line.ts'
import type { Tab } from './tab.ts'

/** Pins messages, and sets the time after which new ones disappear. */
export class PinActions {
  readonly #tab: Tab

  constructor(tab: Tab) {
    this.#tab = tab
  }

  /** Pins a message for all members, or ends that. */
  async pin({ id: target }: Line, isPinned: boolean): Promise<void> {
    if (target === undefined) return
    await this.#tab.told(() => this.#tab.call('pinMessage', { target, isPinned, id: newMessageId() }))
  }

  /** Returns the pinned messages of a chat, the last pinned first. @throws {CallError} */
  async of(conversation: ConversationId): Promise<readonly Line[]> {
    return await this.#tab.call('pinnedLines', { conversation })
  }

  /** Sets the time in seconds after which new messages disappear; 0 for never. */
  async setTimer(conversation: ConversationId, seconds: number): Promise<void> {
    await this.#tab.told(() => this.#tab.call('setTimer', { conversation, seconds, id: newMessageId() }))
  }
}
