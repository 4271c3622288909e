import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { type Found, findTarget } from '../find-target.ts'
import { formatTarget } from '../text/format.ts'
import { ChatLines } from './chat-lines.ts'
import type { InlinePictures } from './inline-pictures.ts'
import { MessageNumbers } from './message-numbers.ts'
import { OutgoingMessages, type SendFile } from './outgoing-messages.ts'
import { ReadingPlace } from './reading-place.ts'
import type { Screen } from './screen.ts'
import { TickRows } from './tick-rows.ts'

/** The parts of the interactive mode that follow what is shown. */
export type Watchers = {
  /** Called with each line that is shown. */
  shown(line: TranscriptLine): void
  /** Called when another chat is open. */
  opened(chat: ChatInfo | undefined): void
}

/** The open chat of the interactive mode, and the messages that are sent from there. */
export class ChatScreen {
  readonly numbers = new MessageNumbers()
  readonly #session: HomeSession
  readonly #screen: Screen
  readonly #pictures: InlinePictures
  readonly #outgoing: OutgoingMessages
  readonly #place: ReadingPlace
  readonly #lines: ChatLines
  readonly #ticks: TickRows
  readonly #context: Context
  #open: Found | undefined
  readonly #watchers: Watchers[] = []

  constructor(context: Context, session: HomeSession, screen: Screen, pictures: InlinePictures) {
    this.#context = context
    this.#session = session
    this.#screen = screen
    this.#pictures = pictures
    this.#outgoing = new OutgoingMessages({ context, session, screen })
    this.#ticks = new TickRows(session, screen)
    this.#lines = new ChatLines({
      ...{ context, screen, pictures, numbers: this.numbers, ticks: this.#ticks },
      open: () => this.conversation,
      shown: (line) => {
        if (line.id !== undefined) this.#outgoing.settle(line.id)
        for (const watcher of this.#watchers) watcher.shown(line)
      },
    })
    this.#place = new ReadingPlace(session, this.#lines, context.clock)
  }

  watch(watcher: Watchers): void {
    this.#watchers.push(watcher)
  }

  close(): void {
    this.#ticks.stop()
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

  /** Whether the person sees new lines of a chat: it is open, and none is left out before them. */
  isSeen(conversation: ConversationId): boolean {
    return conversation === this.conversation && !this.#place.isBehind(conversation)
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

  /** Opens a chat at its first unread line. */
  async open(to: string): Promise<void> {
    // If nothing is found, no chat is open: the next lines must not go to the chat before.
    this.#become(undefined)
    const found = await findTarget(this.#session.chat, to)
    this.#become(found)
    if (found.kind === 'chat') await this.#place.open(found.chat)
    else this.#context.out.text(`Nothing yet: what you type goes to ${found.person.username}`)
  }

  /** Shows the lines around a message, and opens its chat. */
  async jump(id: MessageId): Promise<void> {
    const line = await this.#session.chat.line({ id })
    const chat = await this.#chatWith(line.conversation)
    if (chat.conversation !== this.conversation) this.#become({ kind: 'chat', chat })
    await this.#place.around(chat, line.seq)
  }

  /** Shows the unread lines that did not fit. */
  async showMore(): Promise<void> {
    const conversation = this.conversation
    if (conversation === undefined || !this.#place.isBehind(conversation))
      throw usageError('All unread messages of the open chat have been shown')
    await this.#place.more(await this.#chatWith(conversation))
  }

  async showHistory(limit: number): Promise<void> {
    const found = this.#opened
    if (found.kind === 'chat') await this.#place.last(await this.#chatWith(found.chat.conversation), limit)
  }

  /** Prints lines that were found, the newest last. Nothing counts as read by that. */
  async showFound(lines: readonly TranscriptLine[]): Promise<void> {
    await this.#lines.printAll(lines)
  }

  /** Shows a new line, unless it was shown when the chat was opened. */
  async show(line: TranscriptLine): Promise<void> {
    await this.#place.show(line)
  }

  /** Notes that the person sees the open chat again. */
  async seen(): Promise<void> {
    const { conversation } = this
    if (conversation !== undefined) await this.#place.markShown(conversation)
  }

  /** Shows the whole picture of a message. Returns whether this terminal can. */
  async view(id: MessageId): Promise<boolean> {
    const drawing = await this.#pictures.whole(id)
    if (drawing) this.#screen.printPicture(drawing.codes, drawing.rows)
    return drawing !== undefined
  }

  /** Returns the id of the message that was shown with this number. An id stays as it is. */
  messageOf(written: string): string {
    return this.numbers.read(written)
  }

  /** Sends a file to the open chat. Resolves when this device has stored it; the upload goes on. */
  async sendFile(shown: string, send: SendFile): Promise<void> {
    await this.#outgoing.sendFile(() => this.#conversation(), shown, send)
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
    const known = about && this.numbers.chatOf(about)
    await this.#outgoing.send(async () => known ?? (await this.#conversation()), shown, make)
  }

  /** Returns the open conversation. The first message to a person makes it. */
  async #conversation(): Promise<ConversationId> {
    const found = this.#opened
    if (found.kind === 'chat') return found.chat.conversation
    const conversation = await this.#session.chat.openDirect({ userId: found.person.userId })
    this.#become({ kind: 'chat', chat: await this.#chatWith(conversation) })
    return conversation
  }

  async #chatWith(conversation: ConversationId): Promise<ChatInfo> {
    const made = (await this.#session.chat.chats()).find((one) => one.conversation === conversation)
    if (!made) throw new CliError('failed', 'The chat could not be opened. Type /open and the name again')
    return made
  }

  #become(found: Found | undefined): void {
    this.#open = found
    for (const watcher of this.#watchers) watcher.opened(found?.kind === 'chat' ? found.chat : undefined)
  }

  get #opened(): Found {
    if (!this.#open) throw usageError('Open a chat first: /open NAME (/users and /groups show whom)')
    return this.#open
  }
}
