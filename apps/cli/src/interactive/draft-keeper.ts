import type { ConversationId } from '@fastchat/schema'
import type { Chat } from '../chat/chat.ts'

/** The pause in typing after which the draft is kept, so that a crash loses little. */
const pauseMs = 3_000

type Verbs = Pick<Chat, 'markChat'> & {
  chats(): Promise<readonly { readonly conversation: ConversationId; readonly draft?: string }[]>
}

type Port = {
  readonly chat: () => Verbs
  /** Calls `task` after some time. Returns the function that cancels it. */
  readonly later: (task: () => void, ms: number) => () => void
}

const systemLater: Port['later'] = (task, ms) => {
  const timer = setTimeout(task, ms)
  return () => clearTimeout(timer)
}

/**
 * Keeps what is typed in a chat and not sent, so that it is there again when the chat is opened, on
 * any device of the account. A draft that cannot be kept is left: it is on the screen still.
 */
export class DraftKeeper {
  readonly #port: Port
  #open: ConversationId | undefined
  #typed = ''
  #kept = ''
  /** What the line had before it was emptied, until that is kept. */
  #emptied = ''
  #cancel: (() => void) | undefined
  #saving: Promise<void> = Promise.resolve()

  constructor(chat: Port['chat'], later: Port['later'] = systemLater) {
    this.#port = { chat, later }
  }

  /**
   * Takes another chat as the open one, and keeps the draft of the one before. Returns the draft to
   * begin with.
   */
  async opened(conversation: ConversationId | undefined): Promise<string | undefined> {
    await this.save()
    const chats = conversation === undefined ? [] : await this.#port.chat().chats().catch(() => [])
    const draft = chats.find((one) => one.conversation === conversation)?.draft ?? ''
    this.#open = conversation
    this.#typed = draft
    this.#kept = draft
    this.#emptied = ''
    return draft === '' ? undefined : draft
  }

  /**
   * Notes the typed line. A command leaves the draft as it was, also when the line was emptied for
   * it.
   */
  typed(line: string): void {
    if (line.startsWith('/')) return this.#next(this.#typed === '' ? this.#emptied : this.#typed)
    if (line === '' && this.#typed !== '') this.#emptied = this.#typed
    this.#next(line)
  }

  /** Notes that the line was sent: there is no draft any more. */
  sent(): void {
    this.#emptied = ''
    this.#next('')
  }

  #next(draft: string): void {
    if (draft === this.#typed) return
    this.#typed = draft
    this.#cancel?.()
    this.#cancel = this.#port.later(() => void this.save(), pauseMs)
  }

  /** Keeps the draft now. Call it before the session closes. Never rejects. */
  async save(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    this.#emptied = ''
    const [conversation, text] = [this.#open, this.#typed]
    if (conversation !== undefined && text !== this.#kept) {
      this.#kept = text
      const saving = this.#saving.then(async () => {
        const mark = { kind: 'draft', text } as const
        // A text that is too long for a draft, or a closing device: nothing is lost by itself.
        await this.#port.chat().markChat({ conversation, mark }).catch(() => {})
      })
      this.#saving = saving
    }
    await this.#saving
  }
}
