import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Line, Timeline } from '../engine/line.ts'
import type { Tab } from './tab.ts'
import { maxWindowLines, spanOf, windowLines, withEchoes, withNewer, withOlder } from './timeline-window.ts'

/** The lines that are added at a time while scrolling. */
const addedLines = 50

type Echo = { readonly conversation: ConversationId; readonly line: Line }

/** Shows the lines of the open conversation. */
export class TimelineActions {
  readonly #tab: Tab
  readonly #echoes = new Map<string, Echo>()
  #work: Promise<void> = Promise.resolve()
  #isAdding = false
  #isStale = false
  /** The reader is at the end: new lines push old ones out. Elsewhere the first line stays. */
  isAtEnd = true

  constructor(tab: Tab) {
    this.#tab = tab
  }

  async open(conversation: ConversationId): Promise<void> {
    this.#leave(conversation)
    await this.#tab.told(async () => {
      const chat = this.#tab.state.engine?.chats.find(({ id }) => id === conversation)
      if (chat?.isMarkedUnread)
        void this.#tab.told(() => this.#tab.call('markChat', { conversation, mark: { kind: 'read' } }))
      const timeline = await this.#tab.call('timeline', { conversation, limit: windowLines })
      const { firstUnread } = timeline
      const isInWindow = firstUnread === undefined || timeline.lines.some(({ seq }) => seq === firstUnread)
      const shown =
        (chat?.unread ?? 0) > 0 && !isInWindow
          ? await this.#tab.call('timeline', { conversation, limit: windowLines, around: firstUnread })
          : timeline
      this.#show(conversation, shown)
    })
  }

  /** Shows a chat around one of its messages. */
  async openAt(conversation: ConversationId, seq: number): Promise<void> {
    const marked = { seq }
    const { timeline, open } = this.#tab.state
    if (open === conversation && timeline?.lines.some((line) => line.seq === seq)) return this.#tab.set({ marked })
    if (open !== conversation) this.#leave(conversation)
    await this.#tab.told(async () => {
      const found = await this.#tab.call('timeline', { conversation, limit: windowLines, around: seq })
      if (this.#tab.state.open === conversation) this.#tab.set({ timeline: found, marked })
    })
  }

  close(): void {
    this.#tab.set({ open: undefined, timeline: undefined, group: undefined })
  }

  #leave(conversation: ConversationId): void {
    this.isAtEnd = true
    this.#tab.set({
      ...{ open: conversation, timeline: undefined, composing: undefined },
      ...{ group: undefined, marked: undefined },
    })
  }

  /** Shows older lines above the present ones. */
  async showOlder(): Promise<void> {
    const { timeline } = this.#tab.state
    if (timeline?.hasOlder) await this.#add('before', withOlder)
  }

  /** Shows newer lines below the present ones. */
  async showNewer(): Promise<void> {
    const { timeline } = this.#tab.state
    if (timeline?.hasNewer) await this.#add('after', withNewer)
  }

  async #add(side: 'before' | 'after', join: (present: Timeline, more: Timeline) => Timeline): Promise<void> {
    if (this.#isAdding) return
    this.#isAdding = true
    await this.#inOrder(async () => {
      const { timeline: present } = this.#tab.state
      const span = present && spanOf(present)
      if (!span) return
      const place = side === 'before' ? { before: span.first } : { after: span.last }
      const { conversation } = present
      const more = await this.#tab.call('timeline', { conversation, limit: addedLines, ...place })
      if (this.#tab.state.timeline === present) this.#show(conversation, join(present, more))
    })
    this.#isAdding = false
  }

  /** Shows the end of the conversation. */
  async showLatest(): Promise<void> {
    const { open } = this.#tab.state
    if (open === undefined) return
    this.isAtEnd = true
    await this.#inOrder(async () =>
      this.#show(open, await this.#tab.call('timeline', { conversation: open, limit: windowLines })),
    )
  }

  /**
   * Shows a line of this person at once, and gives its message to the engine. The line stays until
   * the engine has answered, also when other lines are read meanwhile.
   */
  async echo(conversation: ConversationId, line: Line, send: () => Promise<unknown>): Promise<void> {
    this.#echoes.set(line.key, { conversation, line })
    const { timeline } = this.#tab.state
    if (timeline?.conversation === conversation) this.#show(conversation, timeline)
    const isElsewhere = timeline?.hasNewer === true
    await this.#tab.told(send)
    this.#echoes.delete(line.key)
    if (isElsewhere && this.#tab.state.open === conversation) await this.showLatest()
    else await this.refresh(conversation)
  }

  /** Forgets a line that the engine does not have yet. */
  dropEcho(id: MessageId): void {
    this.#echoes.delete(id)
  }

  #show(conversation: ConversationId, timeline: Timeline): void {
    if (this.#tab.state.open !== conversation) return
    const echoes = [...this.#echoes.values()].filter((echo) => echo.conversation === conversation)
    const lines = echoes.map(({ line }) => line)
    this.#tab.set({ timeline: withEchoes(timeline, lines) })
  }

  /** Reads the lines on the screen again, once more if they changed meanwhile. */
  async refresh(conversation: ConversationId): Promise<void> {
    if (this.#isStale) return
    this.#isStale = true
    await this.#inOrder(async () => {
      this.#isStale = false
      const { timeline } = this.#tab.state
      if (timeline?.conversation === conversation) this.#show(conversation, await this.#readAgain(timeline))
    })
  }

  /** Reads the same part again. At the end of a conversation it is the latest part. */
  async #readAgain(timeline: Timeline): Promise<Timeline> {
    const { conversation, lines, hasOlder, hasNewer } = timeline
    const span = spanOf(timeline)
    if (!span || (this.isAtEnd && !hasNewer)) {
      const limit = Math.min(Math.max(windowLines, lines.length), maxWindowLines)
      return await this.#tab.call('timeline', { conversation, limit })
    }
    const upTo = hasNewer ? { upTo: span.last } : {}
    const place = { conversation, limit: maxWindowLines, after: span.first - 1, ...upTo }
    return { ...(await this.#tab.call('timeline', place)), hasOlder }
  }

  /** Does one thing after the other, so that no answer replaces a later one. */
  async #inOrder(work: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(() => this.#tab.told(work))
    await this.#work
  }
}
