import type { ConversationId, MessageId } from '@fastchat/schema'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import type { MessageNumbers } from './message-numbers.ts'
import type { Screen } from './screen.ts'

/** The chats whose last own message is remembered. */
const maxChats = 64

type Last = { readonly id: MessageId; readonly text: string }
type Port = {
  readonly screen: Pick<Screen, 'setTyped' | 'setPrompt'>
  readonly numbers: Pick<MessageNumbers, 'of'>
  /** The username of this user. */
  readonly me: string
  open(): ConversationId | undefined
}

/** Edits the last message of this user in the typed line. */
export class EditLast {
  readonly #port: Port
  readonly #last = new Map<ConversationId, Last>()
  #number: number | undefined

  constructor(port: Port) {
    this.#port = port
  }

  /** Whether the typed line is the new text of a message. */
  get isOn(): boolean {
    return this.#number !== undefined
  }

  /** The prompt meanwhile. */
  get prompt(): string | undefined {
    return this.#number === undefined ? undefined : `edit ${this.#number} (Esc: cancel)> `
  }

  /** Notes a line of a chat. */
  shown({ type, kind, from, id, text, target, conversation }: TranscriptLine): void {
    const last = this.#last.get(conversation)
    if (type === 'change' && last !== undefined && target === last.id) {
      if (kind === 'delete') this.#last.delete(conversation)
      if (kind === 'edit' && text !== undefined) this.#last.set(conversation, { ...last, text })
    }
    if (type !== 'message' || kind !== 'text' || from !== this.#port.me || id === undefined || text === undefined)
      return
    this.#last.delete(conversation)
    this.#last.set(conversation, { id, text })
    const [oldest] = this.#last.keys()
    if (this.#last.size > maxChats && oldest !== undefined) this.#last.delete(oldest)
  }

  /** Puts the last message of the open chat into the typed line. Returns whether there is one. */
  begin(): boolean {
    const open = this.#port.open()
    const last = open === undefined ? undefined : this.#last.get(open)
    const number = last && this.#port.numbers.of(last.id)
    if (this.isOn || last === undefined || number === undefined) return false
    this.#number = number
    this.#port.screen.setTyped(last.text)
    this.#port.screen.setPrompt(this.prompt ?? '')
    return true
  }

  /** Leaves the message as it is. Returns whether one was being edited. */
  cancel(): boolean {
    if (!this.isOn) return false
    this.#number = undefined
    this.#port.screen.setTyped('')
    return true
  }

  /** Returns the command for an entered line. An empty text changes nothing. */
  enter(line: string): string {
    const number = this.#number
    this.#number = undefined
    if (number === undefined) return line
    return line.trim() === '' ? '' : `/edit ${number} ${line}`
  }
}
