import type { ConversationId } from '@fastchat/schema'
import type { ChatInfo } from '../chat/chat.ts'
import type { HomeSession } from '../chat/home-session.ts'
import type { Screen } from './screen.ts'

/** A draft is kept when nothing was typed for this time. */
const pauseMs = 3_000

type Port = {
  readonly session: Pick<HomeSession, 'chat'>
  readonly screen: Pick<Screen, 'typed' | 'setTyped'>
  /** Whether the typed line is not a message: it changes one that was sent. */
  isOther(): boolean
}

/**
 * Keeps what was typed and not sent, for each chat, on all devices of the account. It comes back
 * when the chat is opened.
 */
export class Drafts {
  readonly #port: Port
  #open: ConversationId | undefined
  /** The draft of the open chat, as the device has it. */
  #kept = ''
  /** Whether the last typed line was a command. */
  #isCommand = false
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(port: Port) {
    this.#port = port
  }

  /** Notes which chat is open from now on, and shows its draft if nothing is typed. */
  opened(chat: Pick<ChatInfo, 'conversation' | 'draft'> | undefined): void {
    clearTimeout(this.#timer)
    this.#isCommand = false
    this.#open = chat?.conversation
    this.#kept = chat?.draft ?? ''
    const { screen } = this.#port
    if (this.#kept !== '' && screen.typed === '') screen.setTyped(this.#kept)
  }

  /** Notes that the typed line has changed. A line that was a command leaves the draft as it is. */
  typed(line: string): void {
    clearTimeout(this.#timer)
    if (line !== '') this.#isCommand = isCommand(line)
    if (!this.#isCommand) this.#timer = setTimeout(() => void this.keep(), pauseMs)
  }

  /** Notes that a message was sent to the open chat. */
  async sent(): Promise<void> {
    await this.#set(this.#port.screen.typed)
  }

  /** Keeps what is typed now. Commands are not drafts. */
  async keep(): Promise<void> {
    clearTimeout(this.#timer)
    const { screen, isOther } = this.#port
    if (!isOther() && !this.#isCommand && !isCommand(screen.typed)) await this.#set(screen.typed)
  }

  async #set(text: string): Promise<void> {
    const conversation = this.#open
    const draft = text.trim() === '' ? '' : text
    if (conversation === undefined || draft === this.#kept) return
    this.#kept = draft
    // A draft that is too long, or of a chat that is gone, stays only in the typed line.
    await this.#port.session.chat.markChat({ conversation, mark: { kind: 'draft', text: draft } }).catch(() => {})
  }
}

const isCommand = (line: string): boolean => line.startsWith('/') && !line.startsWith('//')
