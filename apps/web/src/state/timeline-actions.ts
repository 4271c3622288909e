import type { ConversationId } from '@fastchat/schema'
import type { Timeline } from '../engine/line.ts'
import type { Tab } from './tab.ts'
import { windowLines, withOlder } from './timeline-window.ts'

/** The lines that are added at a time while scrolling up. */
const olderLines = 50

/** Shows the lines of the open conversation. */
export class TimelineActions {
  readonly #tab: Tab
  #isLoading = false
  #isStale = false

  constructor(tab: Tab) {
    this.#tab = tab
  }

  async open(conversation: ConversationId): Promise<void> {
    this.#tab.set({
      open: conversation,
      timeline: undefined,
      composing: undefined,
      group: undefined,
      marked: undefined,
    })
    await this.#tab.told(async () => {
      const unread = this.#tab.state.engine?.chats.find(({ id }) => id === conversation)?.unread ?? 0
      const timeline = await this.#tab.call('timeline', { conversation, limit: windowLines })
      const { firstUnread } = timeline
      const isInWindow = firstUnread === undefined || timeline.lines.some(({ seq }) => seq === firstUnread)
      const shown =
        unread > 0 && !isInWindow
          ? await this.#tab.call('timeline', { conversation, limit: windowLines, around: firstUnread })
          : timeline
      this.#show(conversation, shown)
    })
  }

  /** Shows a chat around one of its messages. */
  async openAt(conversation: ConversationId, seq: number): Promise<void> {
    this.#tab.set({ open: conversation, timeline: undefined, composing: undefined, group: undefined, marked: seq })
    await this.#tab.told(async () =>
      this.#show(conversation, await this.#tab.call('timeline', { conversation, limit: windowLines, around: seq })),
    )
  }

  close(): void {
    this.#tab.set({ open: undefined, timeline: undefined, group: undefined })
  }

  /** Shows older lines above the present ones. */
  async showOlder(): Promise<void> {
    const { timeline } = this.#tab.state
    const before = timeline?.lines.find(({ seq }) => seq !== undefined)?.seq
    if (!timeline?.hasOlder || before === undefined || this.#isLoading) return
    this.#isLoading = true
    await this.#tab.told(async () => {
      const { conversation } = timeline
      const older = await this.#tab.call('timeline', { conversation, limit: olderLines, before })
      const { timeline: present } = this.#tab.state
      if (present?.conversation === conversation) this.#show(conversation, withOlder(present, older))
    })
    this.#isLoading = false
  }

  /** Shows the end of the conversation. */
  async showLatest(): Promise<void> {
    const { open } = this.#tab.state
    if (open === undefined) return
    await this.#tab.told(async () =>
      this.#show(open, await this.#tab.call('timeline', { conversation: open, limit: windowLines })),
    )
  }

  #show(conversation: ConversationId, timeline: Timeline): void {
    if (this.#tab.state.open === conversation) this.#tab.set({ timeline })
  }

  /** Reads the lines on the screen again, once more if they changed meanwhile. */
  async refresh(conversation: ConversationId): Promise<void> {
    this.#isStale = true
    if (this.#isLoading) return
    this.#isLoading = true
    while (this.#isStale) {
      this.#isStale = false
      await this.#tab.told(async () => {
        const { timeline } = this.#tab.state
        if (timeline?.conversation !== conversation) return
        const limit = Math.max(windowLines, timeline.lines.length)
        if (!timeline.hasNewer) this.#show(conversation, await this.#tab.call('timeline', { conversation, limit }))
      })
    }
    this.#isLoading = false
  }
}
