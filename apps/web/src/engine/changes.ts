import type { ConversationId } from '@fastchat/schema'

/** The pause in which changes are collected: two frames of a screen. */
const collectMs = 32

/**
 * Collects the conversations that change, and tells them together: a thousand messages that arrive
 * at once are a few changes.
 */
export class Changes {
  readonly #tell: (conversations: readonly ConversationId[]) => void
  readonly #waiting = new Set<ConversationId>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(tell: (conversations: readonly ConversationId[]) => void) {
    this.#tell = tell
  }

  note(conversation: ConversationId): void {
    this.#waiting.add(conversation)
    this.#timer ??= setTimeout(() => this.#flush(), collectMs)
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#waiting.clear()
  }

  #flush(): void {
    this.#timer = undefined
    const conversations = [...this.#waiting]
    this.#waiting.clear()
    this.#tell(conversations)
  }
}
