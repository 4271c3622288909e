import { newMessageId } from '@fastchat/client/ids'
import type { MessageId } from '@fastchat/schema'
import type { Line, QuotedLine } from '../engine/line.ts'
import type { Tab } from './tab.ts'
import type { TimelineActions } from './timeline-actions.ts'

/** Writes messages, and changes those that are there. */
export class MessageActions {
  readonly #tab: Tab
  readonly #timeline: TimelineActions

  constructor(tab: Tab, timeline: TimelineActions) {
    this.#tab = tab
    this.#timeline = timeline
  }

  /** Begins an answer to a message, or its edit, in the box. */
  compose(kind: 'reply' | 'edit', line: Line): void {
    this.#tab.set({ composing: { kind, line } })
  }

  endComposing(): void {
    this.#tab.set({ composing: undefined })
  }

  askToDelete(deleting: Line | undefined): void {
    this.#tab.set({ deleting })
  }

  async remove(target: MessageId, isForAll: boolean): Promise<void> {
    this.#tab.set({ deleting: undefined })
    await this.#tab.told(() => this.#tab.call('remove', { target, isForAll, id: newMessageId() }))
  }

  /** Adds this person's reaction to a message, or takes it back. */
  async react(line: Line, emoji: string): Promise<void> {
    const { id: target, reactions = [] } = line
    if (target === undefined) return
    const isRemoved = reactions.some((one) => one.emoji === emoji && one.isMine)
    await this.#tab.told(() => this.#tab.call('react', { target, emoji, isRemoved, id: newMessageId() }))
  }

  async typing(isOver: boolean): Promise<void> {
    const { open } = this.#tab.state
    if (open !== undefined) await this.#tab.told(() => this.#tab.call('typing', { conversation: open, isOver }))
  }

  /** Sends what was written in the box: a message, an answer, or an edit. */
  async send(text: string): Promise<void> {
    const { composing } = this.#tab.state
    this.endComposing()
    const target = composing?.line.id
    if (composing?.kind === 'edit' && target !== undefined)
      await this.#tab.told(() => this.#tab.call('edit', { target, text, id: newMessageId() }))
    else await this.#sendText(text, composing?.line)
  }

  /** Sends a text. Its line is shown at once, before the engine has it. */
  async #sendText(text: string, answered: Line | undefined): Promise<void> {
    const { open, engine } = this.#tab.state
    if (open === undefined || !engine?.me) return
    const id = newMessageId()
    const { userId, name } = engine.me
    const replyTo = answered?.id === undefined ? {} : { replyTo: answered.id }
    const quote = answered && quoteOf(answered)
    const line: Line = {
      ...{ key: id, id, kind: 'text', at: this.#tab.clock.wallMs(), from: userId, name, isOwn: true, text },
      state: 'queued',
      ...(quote && { replyTo: quote }),
    }
    await this.#timeline.echo(open, line, () => this.#tab.call('send', { conversation: open, id, text, ...replyTo }))
  }

  async retryFailed(id: MessageId): Promise<void> {
    await this.#tab.told(() => this.#tab.call('retryFailed', { id }))
  }

  async discardFailed(id: MessageId): Promise<void> {
    await this.#tab.told(() => this.#tab.call('discardFailed', { id }))
  }
}

/** The most letters of a message that an answer to it shows before the engine has it. */
const quotedLetters = 80

function quoteOf({ id, kind, name, text }: Line): QuotedLine | undefined {
  if (id === undefined) return undefined
  const quoted = kind === 'text' || kind === 'file' ? kind : 'unknown'
  return { id, kind: quoted, text: [...text].slice(0, quotedLetters).join(''), ...(name !== undefined && { name }) }
}
