import { newMessageId } from '@fastchat/client'
import type { ConversationId, MessageId, Payload } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { Line } from '../chat/line.ts'
import type { Session } from '../chat/session.ts'
import { CliError, usageError } from '../cli-error.ts'
import type { Context } from '../commands/context.ts'
import { untilStored } from '../commands/until-stored.ts'
import { type Found, findTarget } from '../find-target.ts'
import { formatLine, formatTarget } from '../text/format.ts'
import { toCliError } from '../to-cli-error.ts'

/** Lines shown when a chat is opened. */
const openedLines = 20
/** Letters of a message in another chat than the open one. */
const noticeLetters = 72

/** The chat that is open in interactive mode, and what has been shown of it. */
export class Room {
  readonly #context: Context
  readonly #session: Session
  readonly #files: MessageId[] = []
  #open: Found | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(context: Context, session: Session) {
    this.#context = context
    this.#session = session
  }

  get conversation(): ConversationId | undefined {
    return this.#open?.kind === 'chat' ? this.#open.chat.conversation : undefined
  }

  /** What stands before the line to type in. */
  get prompt(): string {
    if (!this.#open) return '> '
    return `${this.#open.kind === 'chat' ? formatTarget(this.#open.chat) : `@${this.#open.person.username}`}> `
  }

  /** How a command is told which group is meant. @throws {CliError} `usage` when no group is open. */
  get group(): string {
    if (this.#open?.kind === 'chat' && this.#open.chat.kind === 'group') return `#${this.#open.chat.conversation}`
    throw usageError('Open a group first: /open #name')
  }

  async open(to: string): Promise<void> {
    const { chat } = this.#session
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
      this.show(line)
    }
    await chat.markRead({ conversation, seq: Math.max(cursor, lines.at(-1)?.seq ?? 0) })
  }

  /** A line that has come: whole in the open chat, in short from any other. */
  show(line: Line): void {
    const { colors } = this.#context.out
    const withChat = line.conversation !== this.conversation
    const shown =
      withChat && line.text !== undefined && line.code === undefined ? { ...line, text: shortened(line.text) } : line
    const fileHint = ({ id }: Line) => `/save ${this.#number(id)}`
    this.#context.out.text(formatLine(shown, { colors, withChat, now: new Date(), fileHint }))
  }

  /** The message whose file was shown with that number; an id is one itself. */
  fileOf(written: string): string {
    if (!/^\d{1,4}$/.test(written)) return written
    const id = this.#files[Number(written) - 1]
    if (!id) throw usageError(`No picture has the number ${written}`)
    return id
  }

  /** Sends in the order asked; says so when a message stays queued, and when that has gone. */
  async send(make: () => Promise<Payload>): Promise<void> {
    const sent = this.#last.then(async () => {
      const conversation = await this.#place()
      const id = newMessageId()
      await this.#session.chat.send({ conversation, id, payload: await make() })
      return { conversation, id }
    })
    this.#last = sent.catch(() => {})
    const { conversation, id } = await sent
    void this.#follow(conversation, id)
  }

  async #follow(conversation: ConversationId, id: MessageId): Promise<void> {
    const { out, signal } = this.#context
    let isQueued = false
    try {
      const stored = await untilStored(this.#session, { conversation, id, wait: true, signal }, () => {
        isQueued = true
        out.note(out.colors.dim('queued; waiting for the server'))
      })
      if (isQueued && stored) out.note(out.colors.dim('sent what was queued'))
    } catch (error) {
      out.note(toCliError(error).message)
    }
  }

  /** The open conversation; with somebody new it is made by the first message. */
  async #place(): Promise<ConversationId> {
    const found = this.#opened
    if (found.kind === 'chat') return found.chat.conversation
    const { chat } = this.#session
    const conversation = await chat.openDirect({ userId: found.person.userId })
    const made = (await chat.chats()).find((one: ChatInfo) => one.conversation === conversation)
    if (!made) throw new CliError('failed', 'The chat could not be opened')
    this.#open = { kind: 'chat', chat: made }
    return conversation
  }

  get #opened(): Found {
    if (!this.#open) throw usageError('Open a chat first: /open NAME (/users and /groups show whom)')
    return this.#open
  }

  #number(id: MessageId | undefined): number {
    if (id === undefined) return 0
    const known = this.#files.indexOf(id)
    return known >= 0 ? known + 1 : this.#files.push(id)
  }
}

function shortened(text: string): string {
  const letters = Array.from(text.replaceAll('\n', ' '))
  return letters.length > noticeLetters ? `${letters.slice(0, noticeLetters).join('')}…` : letters.join('')
}
