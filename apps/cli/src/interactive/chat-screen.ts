import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { type Found, findTarget } from '../find-target.ts'
import { formatLine, formatTarget } from '../text/format.ts'
import { MessageNumbers } from './message-numbers.ts'
import { OutgoingMessages } from './outgoing-messages.ts'
import type { Screen } from './screen.ts'
import { shortened } from './shortened.ts'

/** The lines that are shown when a chat is opened. */
const openedLines = 20

/** The open chat of the interactive mode. It knows which lines have been shown. */
export class ChatScreen {
  readonly #context: Context
  readonly #session: HomeSession
  readonly #numbers = new MessageNumbers()
  readonly #outgoing: OutgoingMessages
  /**
   * The last position that was shown when a chat was opened. It keeps a line from being shown
   * twice.
   */
  readonly #shownTo = new Map<ConversationId, number>()
  #open: Found | undefined
  /** Called with each line that is shown. */
  onShown: (line: TranscriptLine) => void = () => {}

  constructor(context: Context, session: HomeSession, screen: Pick<Screen, 'setWaiting'>) {
    this.#context = context
    this.#session = session
    this.#outgoing = new OutgoingMessages({ context, session, screen })
  }

  /** The number of messages that are shown as waiting. */
  get waiting(): number {
    return this.#outgoing.waiting
  }

  /** The number of messages that the server or this device has rejected. */
  get failed(): number {
    return this.#outgoing.failed
  }

  get conversation(): ConversationId | undefined {
    return this.#open?.kind === 'chat' ? this.#open.chat.conversation : undefined
  }

  /** The prompt before the typed line. */
  get prompt(): string {
    if (!this.#open) return '> '
    return `${this.#open.kind === 'chat' ? formatTarget(this.#open.chat) : `@${this.#open.person.username}`}> `
  }

  /** The exact name of the open chat, for commands. @throws {CliError} `usage` without one */
  get target(): string {
    const open = this.#opened
    if (open.kind === 'person') return `@${open.person.username}`
    return open.chat.kind === 'group' ? `#${open.chat.conversation}` : `@${open.chat.name}`
  }

  /**
   * The exact name of the open group, for commands.
   * @throws {CliError} `usage` when none is open.
   */
  get group(): string {
    if (this.#open?.kind === 'chat' && this.#open.chat.kind === 'group') return `#${this.#open.chat.conversation}`
    throw usageError('Open a group first: /open #name')
  }

  /** The person of the open direct chat. @throws {CliError} `usage` when no such chat is open. */
  get peer(): string {
    const open = this.#open
    if (open && (open.kind === 'person' || open.chat.kind === 'direct')) return this.target
    throw usageError('Name a user, or open the chat with one first: /open @NAME')
  }

  async open(to: string): Promise<void> {
    const { chat } = this.#session
    // If nothing is found, no chat is open: the next lines must not go to the chat before.
    this.#open = undefined
    this.#open = await findTarget(chat, to)
    await this.showHistory(openedLines)
  }

  async showHistory(limit: number): Promise<void> {
    const { chat } = this.#session
    const found = this.#opened
    if (found.kind === 'person')
      return this.#context.out.text(`Nothing yet: what you type goes to ${found.person.username}`)
    const { conversation, cursor, readSeq, unread } = found.chat
    const lines = await chat.latest({ conversation, limit: Math.max(limit, Math.min(unread, 200)) })
    let isDivided = unread === 0
    for (const line of lines) {
      if (!isDivided && line.seq > readSeq) {
        this.#context.out.text(this.#context.out.colors.yellow(`--- ${unread} unread ---`))
        isDivided = true
      }
      this.#print(line)
    }
    const shownTo = lines.at(-1)?.seq ?? 0
    this.#shownTo.set(conversation, shownTo)
    await chat.markRead({ conversation, seq: Math.max(cursor, shownTo) })
  }

  /** Shows a new line, unless it was shown when the chat was opened. */
  show(line: TranscriptLine): void {
    if (line.seq > (this.#shownTo.get(line.conversation) ?? 0)) this.#print(line)
  }

  /** Prints a line of the open chat whole, and a line of another chat shortened. */
  #print(line: TranscriptLine): void {
    if (line.id !== undefined) this.#outgoing.settle(line.id)
    this.onShown(line)
    const { clock, out } = this.#context
    const { colors } = out
    const withChat = line.conversation !== this.conversation
    const shown =
      withChat && line.text !== undefined && line.code === undefined ? { ...line, text: shortened(line.text) } : line
    if (line.type === 'message' && line.id !== undefined) this.#numbers.give(line.id, line.conversation)
    const numberOf = (id: MessageId | undefined) => this.#numbers.of(id)
    const fileHint = ({ id }: TranscriptLine) => `/save ${numberOf(id)}`
    out.text(formatLine(shown, { colors, withChat, now: new Date(clock.wallMs()), fileHint, numberOf }))
  }

  /** Returns the id of the message that was shown with this number. An id stays as it is. */
  messageOf(written: string): string {
    return this.#numbers.read(written)
  }

  /** Sends a file to the open chat. Resolves when this device has stored it; the upload goes on. */
  async sendFile(path: string, shown: string): Promise<void> {
    await this.#outgoing.sendFile(() => this.#place(), path, shown)
  }

  /** Cancels the files that are on their way out. Returns how many there were. */
  async cancelFiles(): Promise<number> {
    return await this.#outgoing.cancelFiles()
  }

  /**
   * Queues a message; see `OutgoingMessages.send`.
   * @param about a message: what is sent goes to its chat, and by default to the open one.
   */
  async send(
    shown: string,
    make: (conversation: ConversationId) => Promise<Payload>,
    about?: MessageId,
  ): Promise<void> {
    const known = about && this.#numbers.chatOf(about)
    await this.#outgoing.send(async () => known ?? (await this.#place()), shown, make)
  }

  /** Returns the open conversation. The first message to a person makes it. */
  async #place(): Promise<ConversationId> {
    const found = this.#opened
    if (found.kind === 'chat') return found.chat.conversation
    const { chat } = this.#session
    const conversation = await chat.openDirect({ userId: found.person.userId })
    const made = (await chat.chats()).find((one: ChatInfo) => one.conversation === conversation)
    if (!made) throw new CliError('failed', 'The chat could not be opened. Type /open and the name again')
    this.#open = { kind: 'chat', chat: made }
    return conversation
  }

  get #opened(): Found {
    if (!this.#open) throw usageError('Open a chat first: /open NAME (/users and /groups show whom)')
    return this.#open
  }
}
