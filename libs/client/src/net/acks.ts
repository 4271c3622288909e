import type { ClientFrames, ConversationId, Seq } from '@fastchat/schema'

/**
 * A quarter of the server's credit in messages and in bytes. While this device keeps up, the server
 * never waits for an ack.
 */
const maxEntries = 64
const maxBytes = 256 * 1024
/** The longest time that an ack waits for further entries. */
const maxWaitMs = 1_000

type Ack = ClientFrames['ack']

/**
 * Acknowledges stored entries, several in one frame. Note an entry only after it is stored. A lost
 * ack costs only repeated deliveries: the cursors of the next `hello` say the same.
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

  /**
   * Notes that `entries` of a conversation, `bytes` together, were read. All entries up to `seq`
   * are stored.
   */
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
      // The cast holds because a cursor from 1 on is a position of the log.
      this.#post({ t: 'ack', conversation, seq: seq as Seq })
    }
    this.#waiting.clear()
    this.#entries = 0
    this.#bytes = 0
  }
}
