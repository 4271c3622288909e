import type { Clock, MonotonicMs } from '@fastchat/clock'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { hereWords } from '../commands/signals.ts'
import { ticks } from '../text/ticks.ts'
import type { Screen } from './screen.ts'

/** One sign of typing goes to the device in this time. It tells the others less often. */
const typedPauseMs = 1_000
/** An open chat asks for presence at this interval. */
const askEveryMs = 60_000
/** The names that the row has room for. */
const maxNames = 3
/** The chats whose last own message is remembered. */
const maxChats = 64

/**
 * The row below the chat shows how far the last message of this user has come, and who types. In a
 * chat of two it also shows whether the other is here. It is redrawn in place, and never part of
 * the history.
 */
export class SignalRow {
  readonly #session: HomeSession
  readonly #screen: Pick<Screen, 'setSigns'>
  readonly #clock: Clock
  readonly #me: string
  #open: ConversationId | undefined
  /** The last message of this user that was shown in each chat. */
  readonly #last = new Map<ConversationId, MessageId>()
  #typedAt: MonotonicMs | undefined
  #askedAt: MonotonicMs | undefined
  #isDrawing = false
  #isStale = false
  readonly #timer: ReturnType<typeof setInterval>
  readonly #stop: () => void

  constructor(session: HomeSession, screen: Pick<Screen, 'setSigns'>, clock: Clock, me: string) {
    this.#session = session
    this.#screen = screen
    this.#clock = clock
    this.#me = me
    this.#stop = session.onHint((hint) => {
      if (hint.type === 'signal') this.#refresh()
    })
    this.#timer = setInterval(() => this.#refresh(), askEveryMs)
  }

  /** Shows another chat from now on. */
  open(conversation: ConversationId | undefined): void {
    if (conversation === this.#open) return
    this.#open = conversation
    this.#askedAt = undefined
    this.#typedAt = undefined
    this.#refresh()
  }

  /** Notes a line that was shown. */
  shown({ type, from, id, conversation }: TranscriptLine): void {
    if (type !== 'message' || from !== this.#me || id === undefined) return
    this.#last.delete(conversation)
    this.#last.set(conversation, id)
    const [oldest] = this.#last.keys()
    if (this.#last.size > maxChats && oldest !== undefined) this.#last.delete(oldest)
    if (conversation === this.#open) this.#refresh()
  }

  /** Tells the others that this user types a message, with the text so far. */
  typed(line: string): void {
    if (this.#open === undefined || line.startsWith('/')) return
    const conversation = this.#open
    const at = this.#clock.monotonicMs()
    const isOn = line.trim() !== ''
    if (!isOn && this.#typedAt === undefined) return
    if (isOn && this.#typedAt !== undefined && at - this.#typedAt < typedPauseMs) return
    this.#typedAt = isOn ? at : undefined
    // Nothing waits for a signal, so a failed one is ignored.
    this.#session.chat.typing({ conversation, isOn }).catch(() => {})
  }

  close(): void {
    clearInterval(this.#timer)
    this.#stop()
  }

  #refresh(): void {
    this.#isStale = true
    if (this.#isDrawing) return
    this.#isDrawing = true
    void this.#drawAll()
      // The row says nothing when the device can't be asked: other rows tell why.
      .catch(() => this.#screen.setSigns(''))
      .finally(() => {
        this.#isDrawing = false
      })
  }

  async #drawAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      this.#screen.setSigns(await this.#row())
    }
  }

  async #row(): Promise<string> {
    const conversation = this.#open
    if (conversation === undefined) return ''
    const at = this.#clock.monotonicMs()
    const isDue = this.#askedAt === undefined || at - this.#askedAt >= askEveryMs
    if (isDue) this.#askedAt = at
    const { chat } = this.#session
    const { typing, people } = await chat.signs({ conversation, ask: isDue ? 'ask' : 'no' })
    const last = this.#last.get(conversation)
    const told = last === undefined ? undefined : await chat.receipts({ id: last }).catch(() => undefined)
    const [other] = people
    const isPair = people.length === 1 && other !== undefined && (other.isHere || other.lastSeenAt !== undefined)
    const parts = [
      ...(told === undefined ? [] : [`${ticks[told.state]} ${told.state}`]),
      ...(typing.length === 0 ? [] : [typingWords(typing)]),
      ...(isPair ? [`${other.username}: ${hereWords(other, new Date(this.#clock.wallMs()))}`] : []),
    ]
    return parts.join(' · ')
  }
}

const typingWords = (names: readonly string[]): string =>
  names.length > maxNames ? `${names.length} people are typing` : `${names.join(', ')} typing`
