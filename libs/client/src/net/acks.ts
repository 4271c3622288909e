import type { ClientFrames, ConversationId, Seq } from '@fastchat/schema'

/** A quarter of the server's credit in messages and in bytes: while we keep up, it never has to wait for us. */
const maxEntries = 64
const maxBytes = 256 * 1024
/** What is read slowly is acked together with what follows within this time. */
const maxWaitMs = 1_000

type Ack = ClientFrames['ack']

/**
 * Acks what is safe on this device, several entries in one frame. Note an entry only after it is stored. An ack that is
 * lost costs repeats: the cursors of the next `hello` say the same.
 */
export class Acks {
  readonly #post: (frame: Ack) => void
  readonly #waiting = new Map<ConversationId, number>()
  #entries = 0
  #bytes = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(post: (frame: Ack) => void) {
    this.#post = post
  }

  /** `entries` of a conversation, of so many `bytes` together, were read; all up to `seq` is stored. */
  note(conversation: ConversationId, seq: number, { entries, bytes }: { entries: number; bytes: number }): void {
    if (seq < 1) return
    this.#waiting.set(conversation, seq)
    this.#entries += entries
    this.#bytes += bytes
    if (this.#entries >= maxEntries || this.#bytes >= maxBytes) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), maxWaitMs)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const [conversation, seq] of this.#waiting) {
      // A cursor at or above 1 is a position of the log.
      this.#post({ t: 'ack', conversation, seq: seq as Seq })
    }
    this.#waiting.clear()
    this.#entries = 0
    this.#bytes = 0
  }
}
