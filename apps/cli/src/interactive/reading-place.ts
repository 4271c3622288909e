import type { Clock } from '@fastchat/clock'
import type { ConversationId } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import type { ChatLines } from './chat-lines.ts'
import { unreadDivider } from './unread.ts'

/** The lines that are shown when a chat without unread lines is opened. */
const openedLines = 20
/** The read lines above the first unread one, so that a person sees what it is about. */
const linesBefore = 6
/** The most unread lines that are shown at once. */
const maxUnreadLines = 200
/** The lines on each side of a message that was searched. */
const linesAround = 8

type Printer = Pick<ChatLines, 'print' | 'printAll' | 'divide'>

/**
 * How far each chat has been shown. The read position moves only over lines that were shown, one
 * after the other.
 */
export class ReadingPlace {
  readonly #session: Pick<HomeSession, 'chat'>
  readonly #lines: Printer
  readonly #clock: Pick<Clock, 'wallMs'>
  /** The last position that was shown. It keeps a line from being shown twice. */
  readonly #shownTo = new Map<ConversationId, number>()
  /** The last position that was shown as a new line. */
  readonly #printedTo = new Map<ConversationId, number>()
  /** The chats with unread lines that were not shown, and the position before these. */
  readonly #behind = new Map<ConversationId, number>()

  constructor(session: Pick<HomeSession, 'chat'>, lines: Printer, clock: Pick<Clock, 'wallMs'>) {
    this.#session = session
    this.#lines = lines
    this.#clock = clock
  }

  isBehind(conversation: ConversationId): boolean {
    return this.#behind.has(conversation)
  }

  /** Shows a chat from a few lines before the first unread one on. */
  async open({ conversation, readSeq, unread, cursor }: ChatInfo): Promise<void> {
    const { chat } = this.#session
    this.#behind.delete(conversation)
    if (unread === 0) {
      const lines = await chat.latest({ conversation, limit: openedLines })
      await this.#lines.printAll(lines)
      return await this.#shown(conversation, Math.max(cursor, lines.at(-1)?.seq ?? 0))
    }
    const before = await chat.page({ conversation, limit: linesBefore, before: readSeq + 1 })
    await this.#lines.printAll(before.lines)
    await this.#unread(conversation, { after: readSeq, unread, cursor })
  }

  /** Shows the next unread lines. */
  async more({ conversation, unread, cursor }: ChatInfo): Promise<void> {
    const after = this.#behind.get(conversation)
    if (after !== undefined) await this.#unread(conversation, { after, unread, cursor })
  }

  async #unread(
    conversation: ConversationId,
    { after, unread, cursor }: { readonly after: number; readonly unread: number; readonly cursor: number },
  ): Promise<void> {
    const { lines, isMore } = await this.#session.chat.page({ conversation, limit: maxUnreadLines, after })
    const [first] = lines
    if (first) this.#lines.divide(unreadDivider(unread, new Date(first.at), new Date(this.#clock.wallMs())))
    await this.#lines.printAll(lines)
    const last = lines.at(-1)?.seq ?? after
    if (!isMore) {
      this.#behind.delete(conversation)
      return await this.#shown(conversation, Math.max(cursor, last))
    }
    this.#behind.set(conversation, last)
    this.#lines.divide('── /more shows the next ones, /history the last ones ──')
    await this.#session.chat.markRead({ conversation, seq: last })
  }

  /** Shows the last lines of a chat. Unread ones before them stay unread. */
  async last({ conversation, cursor, readSeq }: ChatInfo, limit: number): Promise<void> {
    const lines = await this.#session.chat.latest({ conversation, limit })
    await this.#lines.printAll(lines)
    const isWhole = lines.length < limit || (lines[0]?.seq ?? 0) <= readSeq + 1
    if (isWhole) {
      this.#behind.delete(conversation)
      await this.#shown(conversation, Math.max(cursor, lines.at(-1)?.seq ?? 0))
    }
  }

  /** Shows the lines around a position. Nothing counts as read by that. */
  async around({ conversation, unread, readSeq }: ChatInfo, seq: number): Promise<void> {
    const { chat } = this.#session
    const before = await chat.page({ conversation, limit: linesAround, before: seq })
    const after = await chat.page({ conversation, limit: linesAround + 1, after: seq - 1 })
    this.#lines.divide('── here is what you looked for; /history shows the end of the chat ──')
    await this.#lines.printAll([...before.lines, ...after.lines])
    this.#lines.divide('──')
    if (unread > 0 && !this.#behind.has(conversation)) this.#behind.set(conversation, readSeq)
  }

  /** Shows a new line, unless it was shown before. */
  async show(line: TranscriptLine): Promise<void> {
    if (line.seq <= (this.#shownTo.get(line.conversation) ?? 0)) return
    await this.#lines.print(line)
    this.#printedTo.set(line.conversation, line.seq)
  }

  /** Moves the read position of a chat to the last line that came while nobody looked. */
  async markShown(conversation: ConversationId): Promise<void> {
    const seq = this.#printedTo.get(conversation)
    if (seq !== undefined && !this.isBehind(conversation)) await this.#session.chat.markRead({ conversation, seq })
  }

  async #shown(conversation: ConversationId, seq: number): Promise<void> {
    this.#shownTo.set(conversation, seq)
    await this.#session.chat.markRead({ conversation, seq })
  }
}
