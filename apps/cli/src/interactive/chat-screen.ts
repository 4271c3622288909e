import { isAnnotation, newMessageId } from '@fastchat/client'
import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { Chat, ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { untilStored } from '../commands/until-stored.ts'
import { type Found, findTarget } from '../find-target.ts'
import { formatLine, formatTarget } from '../text/format.ts'
import { safeName } from '../text/safe-text.ts'
import { toCliError } from '../to-cli-error.ts'
import type { Screen } from './screen.ts'

/** The lines that are shown when a chat is opened. */
const openedLines = 20
/** The letters that are shown of a message in another chat than the open one. */
const noticeLetters = 72

/** The open chat of the interactive mode. It knows which lines have been shown. */
export class ChatScreen {
  readonly #context: Context
  readonly #session: HomeSession
  /** The numbered messages. A number is the position from 1, and stays. */
  readonly #messages: MessageId[] = []
  readonly #chats = new Map<MessageId, ConversationId>()
  readonly #waiting = new Map<MessageId, string>()
  /**
   * The last position that was shown when a chat was opened. It keeps a line from being shown
   * twice.
   */
  readonly #shownTo = new Map<ConversationId, number>()
  readonly #screen: Pick<Screen, 'setWaiting'>
  #open: Found | undefined
  #failed = 0
  /** Called with each line that is shown. */
  onShown: (line: TranscriptLine) => void = () => {}

  constructor(context: Context, session: HomeSession, screen: Pick<Screen, 'setWaiting'>) {
    this.#context = context
    this.#session = session
    this.#screen = screen
  }

  /** The number of messages that are shown as waiting. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** The number of messages that the server or this device has rejected. */
  get failed(): number {
    return this.#failed
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
    if (line.id !== undefined) this.#settle(line.id)
    this.onShown(line)
    const { clock, out } = this.#context
    const { colors } = out
    const withChat = line.conversation !== this.conversation
    const shown =
      withChat && line.text !== undefined && line.code === undefined ? { ...line, text: shortened(line.text) } : line
    if (line.id !== undefined) this.#chats.set(line.id, line.conversation)
    const fileHint = ({ id }: TranscriptLine) => `/save ${this.#number(id)}`
    const numberOf = (id: MessageId | undefined) => (line.type === 'message' ? this.#number(id) : this.#known(id))
    out.text(formatLine(shown, { colors, withChat, now: new Date(clock.wallMs()), fileHint, numberOf }))
  }

  /** Returns the id of the message that was shown with this number. An id stays as it is. */
  messageOf(written: string): string {
    if (!/^\d{1,6}$/.test(written)) return written
    const id = this.#messages[Number(written) - 1]
    if (!id) throw usageError(`No message has the number ${written}: the numbers stand before the messages`)
    return id
  }

  /** Sends a file. Resolves when this device has stored it; the upload goes on. */
  async sendFile(
    shown: string,
    send: (chat: Chat, to: { readonly conversation: ConversationId; readonly id: MessageId }) => Promise<void>,
  ): Promise<void> {
    const id = newMessageId()
    this.#waiting.set(id, shown)
    this.#tellWaiting()
    try {
      const conversation = await this.#place()
      await send(this.#session.chat, { conversation, id })
      void this.#follow(conversation, id, shown)
    } catch (error) {
      this.#settle(id)
      throw error
    }
  }

  /** Cancels the files that are on their way out. Returns how many there were. */
  async cancelFiles(): Promise<number> {
    const { chat } = this.#session
    const cancelled = await Promise.all((await chat.waitingFiles()).map(({ id }) => chat.cancelFile({ id })))
    return cancelled.filter((wasThere) => wasThere).length
  }

  /**
   * Queues a message. It is shown as waiting until the chat shows it. If that takes long, a line
   * says that it is queued.
   * @param shown the words that are shown while the message waits.
   * @param about a message: what is sent goes to its chat, and by default to the open one.
   */
  async send(
    shown: string,
    make: (conversation: ConversationId) => Promise<Payload>,
    about?: MessageId,
  ): Promise<void> {
    const id = newMessageId()
    this.#waiting.set(id, shown)
    this.#tellWaiting()
    try {
      const conversation = (about && this.#chats.get(about)) ?? (await this.#place())
      const payload = await make(conversation)
      await this.#session.chat.send({ conversation, id, payload })
      void this.#follow(conversation, id, shown).then(() => {
        // A change that a later one has replaced never comes as a line.
        if (isAnnotation(payload)) this.#settle(id)
      })
    } catch (error) {
      this.#settle(id)
      throw error
    }
  }

  async #follow(conversation: ConversationId, id: MessageId, shown: string): Promise<void> {
    const { out, signal } = this.#context
    let isQueued = false
    try {
      const stored = await untilStored(this.#session, { conversation, id, wait: true, signal }, () => {
        isQueued = true
        out.note(out.colors.dim('queued; waiting for the server'))
      })
      if (isQueued && stored) out.note(out.colors.dim('sent what was queued'))
    } catch (error) {
      if (signal.aborted) return
      this.#failed++
      this.#settle(id)
      out.note(`${toCliError(error).message}: ${shortened(shown)}`)
    }
  }

  #settle(id: MessageId): void {
    if (this.#waiting.delete(id)) this.#tellWaiting()
  }

  #tellWaiting(): void {
    this.#screen.setWaiting([...this.#waiting.values()])
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

  #number(id: MessageId | undefined): number {
    if (id === undefined) return 0
    return this.#known(id) ?? this.#messages.push(id)
  }

  /** Returns the number with which a message was shown. */
  #known(id: MessageId | undefined): number | undefined {
    const at = id === undefined ? -1 : this.#messages.lastIndexOf(id)
    return at < 0 ? undefined : at + 1
  }
}

function shortened(text: string): string {
  const letters = Array.from(safeName(text))
  return letters.length > noticeLetters ? `${letters.slice(0, noticeLetters).join('')}…` : letters.join('')
}
