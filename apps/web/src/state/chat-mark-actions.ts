import type { ConversationId } from '@fastchat/schema'
import type { ChatMark } from '../engine/calls/chat-mark-calls.ts'
import type { Tab } from './tab.ts'

/** The drafts that a tab holds beside those of the engine. The oldest goes. */
const maxHeldDrafts = 100

/** Pins, mutes and archives chats, marks them as unread, and keeps their drafts. */
export class ChatMarkActions {
  readonly #tab: Tab
  /** The latest drafts of this tab: the engine may not have told them yet. */
  readonly #drafts = new Map<ConversationId, string>()

  constructor(tab: Tab) {
    this.#tab = tab
  }

  async mark(conversation: ConversationId, mark: ChatMark): Promise<void> {
    await this.#tab.told(() => this.#tab.call('markChat', { conversation, mark }))
  }

  /** Mutes a chat for some milliseconds, or without an end. */
  async mute(conversation: ConversationId, forMs: number | null): Promise<void> {
    const until = forMs === null ? null : this.#tab.clock.wallMs() + forMs
    await this.mark(conversation, { kind: 'mute', until })
  }

  /** Returns the draft of a chat, as this tab or the engine has it. */
  draft(conversation: ConversationId): string {
    const known = this.#tab.state.engine?.chats.find(({ id }) => id === conversation)?.draft
    return this.#drafts.get(conversation) ?? known ?? ''
  }

  /** Keeps a draft in this tab at once, so that a change of the chat loses no letter. */
  holdDraft(conversation: ConversationId, text: string): void {
    this.#drafts.delete(conversation)
    this.#drafts.set(conversation, text)
    const [oldest] = this.#drafts.keys()
    if (this.#drafts.size > maxHeldDrafts && oldest !== undefined) this.#drafts.delete(oldest)
  }

  /** Stores the held draft, encrypted. One that is too long stays in this tab only. */
  async keepDraft(conversation: ConversationId): Promise<void> {
    const text = this.#drafts.get(conversation)
    if (text === undefined) return
    await this.#tab.told(async () => {
      const isKept = await this.#tab.call('keepDraft', { conversation, text })
      if (isKept && this.#drafts.get(conversation) === text) this.#drafts.delete(conversation)
    })
  }
}
