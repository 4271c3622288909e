import type { ReceiptState } from '@fastchat/client'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { HomeSession } from '../chat/home-session.ts'
import type { TranscriptLine } from '../chat/transcript-line.ts'
import type { Screen } from './screen.ts'

/** The messages whose rows are kept up to date: more than a screen has. */
const maxRows = 200

type Row = { readonly line: TranscriptLine; readonly format: (line: TranscriptLine) => string }

/**
 * Keeps the signs of this user's messages up to date, in the rows where they stand. A row that has
 * left the screen stays as it is.
 */
export class TickRows {
  readonly #session: Pick<HomeSession, 'chat'>
  readonly #screen: Pick<Screen, 'replace'>
  readonly #rows = new Map<MessageId, Row>()
  readonly #due = new Set<ConversationId>()
  #isAsking = false
  readonly stop: () => void

  constructor(session: Pick<HomeSession, 'chat' | 'onHint'>, screen: Pick<Screen, 'replace'>) {
    this.#session = session
    this.#screen = screen
    this.stop = session.onHint((hint) => {
      if (hint.type === 'signal' && hint.kind === 'receipts') this.#refresh(hint.conversation)
    })
  }

  /** Notes a row that was printed with the message's id as its key. */
  printed(line: TranscriptLine, format: Row['format']): void {
    if (line.id === undefined || line.receipt === undefined) return
    this.#rows.delete(line.id)
    if (line.receipt === 'read') return
    this.#rows.set(line.id, { line, format })
    const [oldest] = this.#rows.keys()
    if (this.#rows.size > maxRows && oldest !== undefined) this.#rows.delete(oldest)
    // A receipt may have come between the reading of the line and its printing.
    this.#refresh(line.conversation)
  }

  #refresh(conversation: ConversationId): void {
    this.#due.add(conversation)
    if (this.#isAsking) return
    this.#isAsking = true
    void this.#askAll().finally(() => {
      this.#isAsking = false
    })
  }

  async #askAll(): Promise<void> {
    for (const conversation of this.#due) {
      this.#due.delete(conversation)
      // The signs stay as they are when the device can't be asked: other rows tell why.
      await this.#ask(conversation).catch(() => {})
    }
  }

  async #ask(conversation: ConversationId): Promise<void> {
    const rows = [...this.#rows].filter(([, { line }]) => line.conversation === conversation)
    if (rows.length === 0) return
    const seqs = rows.map(([, { line }]) => line.seq)
    const states = await this.#session.chat.receiptStates({ conversation, seqs })
    for (const [at, [id, row]] of rows.entries()) this.#take(id, row, states[at])
  }

  #take(id: MessageId, { line, format }: Row, receipt: ReceiptState | undefined): void {
    if (receipt === undefined || receipt === line.receipt || !this.#rows.has(id)) return
    const now = { ...line, receipt }
    if (receipt === 'read') this.#rows.delete(id)
    else this.#rows.set(id, { line: now, format })
    this.#screen.replace(id, format(now))
  }
}
