import { newConversationId, newMessageId } from '@fastchat/client/ids'
import type { Clock } from '@fastchat/clock'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import type { FileToSend, FoundLine, GroupChange, Line, Person, Timeline } from '../engine/protocol.ts'
import type { AppStore } from './app-store.ts'
import { CallError, EngineLink, type EngineListeners } from './engine-link.ts'
import { windowLines, withOlder } from './timeline-window.ts'

type ActionsOptions = {
  readonly store: AppStore
  readonly channel: BroadcastChannel
  readonly clock: Pick<Clock, 'wallMs'>
  /** Returns an id that no other call has. */
  readonly newId: () => string
  /** Takes what a picture tells about its place out of it, and makes a preview. */
  readonly prepare: (file: File) => Promise<FileToSend>
}

/** Does what people ask for on the page, and hears the engine. */
export class Actions {
  readonly #store: AppStore
  readonly #link: EngineLink
  readonly #prepare: ActionsOptions['prepare']
  readonly #clock: Pick<Clock, 'wallMs'>
  #isLoading = false
  #isStale = false

  constructor({ store, channel, clock, newId, prepare }: ActionsOptions) {
    this.#prepare = prepare
    this.#store = store
    this.#clock = clock
    const listeners: EngineListeners = {
      state: (engine) => {
        const isOther = engine.me?.userId !== store.state.engine?.me?.userId
        store.set({ engine, ...(isOther && { open: undefined, timeline: undefined }) })
      },
      patch: (patch) => {
        const { engine } = store.state
        if (engine) store.set({ engine: { ...engine, ...patch } })
      },
      changed: (conversations) => {
        const { open } = store.state
        if (open !== undefined && conversations.includes(open)) {
          void this.#refresh(open)
          if (store.state.group) void this.showGroup()
        }
      },
      trouble: (trouble) => store.set({ trouble }),
      broken: (broken) => store.set({ broken }),
    }
    this.#link = new EngineLink(channel, listeners, newId)
  }

  /** @throws {CallError} */
  async signUp(name: string, password: string, invite?: string): Promise<void> {
    const { recoveryKey } = await this.#link.call('signUp', {
      ...{ name, password },
      ...(invite !== undefined && { invite }),
    })
    this.#store.set({ recoveryKey })
  }

  /** @throws {CallError} */
  async logIn(name: string, password: string): Promise<void> {
    await this.#link.call('logIn', { name, password })
  }

  async logOut(): Promise<void> {
    await this.#told(() => this.#link.call('logOut', {}))
  }

  hideRecoveryKey(): void {
    this.#store.set({ recoveryKey: undefined })
  }

  hideTrouble(): void {
    this.#store.set({ trouble: undefined })
  }

  /** @throws {CallError} */
  async findPeople(query: string): Promise<readonly Person[]> {
    return await this.#link.call('findPeople', { query })
  }

  async openDirect(userId: UserId): Promise<void> {
    await this.#told(async () => this.openChat(await this.#link.call('openDirect', { userId })))
  }

  async createGroup(name: string, users: readonly UserId[]): Promise<void> {
    const id = newConversationId()
    await this.#told(async () => this.openChat(await this.#link.call('createGroup', { id, name, users })))
  }

  async openChat(conversation: ConversationId): Promise<void> {
    this.#store.set({
      open: conversation,
      timeline: undefined,
      composing: undefined,
      group: undefined,
      marked: undefined,
    })
    await this.#told(async () => {
      const unread = this.#store.state.engine?.chats.find(({ id }) => id === conversation)?.unread ?? 0
      const timeline = await this.#link.call('timeline', { conversation, limit: windowLines })
      const { firstUnread } = timeline
      const isInWindow = firstUnread === undefined || timeline.lines.some(({ seq }) => seq === firstUnread)
      const shown =
        unread > 0 && !isInWindow
          ? await this.#link.call('timeline', { conversation, limit: windowLines, around: firstUnread })
          : timeline
      this.#show(conversation, shown)
    })
  }

  /** Shows a chat around one of its messages. */
  async openAt(conversation: ConversationId, seq: number): Promise<void> {
    this.#store.set({ open: conversation, timeline: undefined, composing: undefined, group: undefined, marked: seq })
    await this.#told(async () =>
      this.#show(conversation, await this.#link.call('timeline', { conversation, limit: windowLines, around: seq })),
    )
  }

  /** @throws {CallError} */
  async search(words: string): Promise<readonly FoundLine[]> {
    return await this.#link.call('search', { words })
  }

  closeChat(): void {
    this.#store.set({ open: undefined, timeline: undefined, group: undefined })
  }

  /** Shows older lines above the present ones. */
  async showOlder(): Promise<void> {
    const { timeline } = this.#store.state
    const before = timeline?.lines.find(({ seq }) => seq !== undefined)?.seq
    if (!timeline?.hasOlder || before === undefined || this.#isLoading) return
    this.#isLoading = true
    await this.#told(async () => {
      const { conversation } = timeline
      const older = await this.#link.call('timeline', { conversation, limit: olderLines, before })
      const { timeline: present } = this.#store.state
      if (present?.conversation === conversation) this.#show(conversation, withOlder(present, older))
    })
    this.#isLoading = false
  }

  /** Shows the end of the conversation. */
  async showLatest(): Promise<void> {
    const { open } = this.#store.state
    if (open === undefined) return
    await this.#told(async () =>
      this.#show(open, await this.#link.call('timeline', { conversation: open, limit: windowLines })),
    )
  }

  /** Shows the panel of the open group. */
  async showGroup(): Promise<void> {
    const { open } = this.#store.state
    if (open === undefined) return
    await this.#told(async () => {
      const group = await this.#link.call('groupInfo', { conversation: open })
      if (this.#store.state.open === open) this.#store.set({ group })
    })
  }

  hideGroup(): void {
    this.#store.set({ group: undefined })
  }

  /** Changes the open group, and shows the outcome in its panel. */
  async changeGroup(change: GroupChange): Promise<void> {
    const { open } = this.#store.state
    if (open === undefined) return
    await this.#told(async () => {
      const group = await this.#link.call('changeGroup', { conversation: open, change })
      if (this.#store.state.open === open && this.#store.state.group) this.#store.set({ group })
    })
  }

  /** Begins an answer to a message, or its edit, in the box. */
  compose(kind: 'reply' | 'edit', line: Line): void {
    this.#store.set({ composing: { kind, line } })
  }

  endComposing(): void {
    this.#store.set({ composing: undefined })
  }

  askToDelete(deleting: Line | undefined): void {
    this.#store.set({ deleting })
  }

  async remove(target: MessageId, isForAll: boolean): Promise<void> {
    this.#store.set({ deleting: undefined })
    await this.#told(() => this.#link.call('remove', { target, isForAll, id: newMessageId() }))
  }

  /** Adds this person's reaction to a message, or takes it back. */
  async react(line: Line, emoji: string): Promise<void> {
    const { id: target, reactions = [] } = line
    if (target === undefined) return
    const isRemoved = reactions.some((one) => one.emoji === emoji && one.isMine)
    await this.#told(() => this.#link.call('react', { target, emoji, isRemoved, id: newMessageId() }))
  }

  async typing(isOver: boolean): Promise<void> {
    const { open } = this.#store.state
    if (open !== undefined) await this.#told(() => this.#link.call('typing', { conversation: open, isOver }))
  }

  /** Sends files, the first one with a caption. */
  async sendFiles(files: readonly File[], caption: string): Promise<void> {
    const { open: conversation, engine } = this.#store.state
    if (conversation === undefined) return
    for (const [n, file] of files.entries())
      await this.#told(async () => {
        const most = engine?.maxFileBytes ?? 0
        if (file.size > most) throw new CallError({ code: 'too_large', message: file.name })
        const prepared = await this.#prepare(file)
        const words = n === 0 && caption.trim() !== '' ? { caption } : {}
        await this.#link.call('sendFile', { conversation, id: newMessageId(), file: prepared, ...words })
      })
  }

  async cancelFile(id: MessageId): Promise<void> {
    await this.#told(() => this.#link.call('cancelFile', { id }))
  }

  /** @throws {CallError} */
  async fetchFile(id: MessageId): Promise<Blob> {
    return await this.#link.call('fetchFile', { id })
  }

  async retryFailed(id: MessageId): Promise<void> {
    await this.#told(() => this.#link.call('retryFailed', { id }))
  }

  async discardFailed(id: MessageId): Promise<void> {
    await this.#told(() => this.#link.call('discardFailed', { id }))
  }

  /** Shows a picture in full size, or hides it. */
  view(viewing: Line | undefined): void {
    this.#store.set({ viewing })
  }

  /** Sends what was written in the box: a message, an answer, or an edit. */
  async send(text: string): Promise<void> {
    const { composing } = this.#store.state
    this.endComposing()
    const target = composing?.line.id
    if (composing?.kind === 'edit' && target !== undefined)
      await this.#told(() => this.#link.call('edit', { target, text, id: newMessageId() }))
    else await this.#sendText(text, composing?.line)
  }

  /** Sends a text. Its line is shown at once, before the engine has it. */
  async #sendText(text: string, answered: Line | undefined): Promise<void> {
    const { open, timeline, engine } = this.#store.state
    if (open === undefined || !engine?.me) return
    const id = newMessageId()
    const replyTo = answered?.id
    const { userId, name } = engine.me
    const line: Line = {
      ...{
        key: id,
        id,
        kind: 'text',
        at: this.#clock.wallMs(),
        from: userId,
        name,
        isOwn: true,
        text,
        state: 'queued',
      },
    }
    if (timeline?.conversation === open && !timeline.hasNewer)
      this.#store.set({ timeline: { ...timeline, lines: [...timeline.lines, line] } })
    const input = { conversation: open, id, text, ...(replyTo !== undefined && { replyTo }) }
    await this.#told(() => this.#link.call('send', input))
    if (timeline?.hasNewer) await this.showLatest()
  }

  async markRead(conversation: ConversationId, seq: number): Promise<void> {
    await this.#told(() => this.#link.call('markRead', { conversation, seq }))
  }

  async acceptChat(conversation: ConversationId): Promise<void> {
    await this.#told(() => this.#link.call('acceptChat', { conversation }))
  }

  async retryNow(): Promise<void> {
    await this.#told(() => this.#link.call('retryNow', {}))
  }

  #show(conversation: ConversationId, timeline: Timeline): void {
    if (this.#store.state.open === conversation) this.#store.set({ timeline })
  }

  /** Reads the lines on the screen again, once more if they changed meanwhile. */
  async #refresh(conversation: ConversationId): Promise<void> {
    this.#isStale = true
    if (this.#isLoading) return
    this.#isLoading = true
    while (this.#isStale) {
      this.#isStale = false
      await this.#told(async () => {
        const { timeline } = this.#store.state
        if (timeline?.conversation !== conversation) return
        const limit = Math.max(windowLines, timeline.lines.length)
        if (!timeline.hasNewer) this.#show(conversation, await this.#link.call('timeline', { conversation, limit }))
      })
    }
    this.#isLoading = false
  }

  /** Tells a failure to the person. */
  tell(error: unknown): void {
    const { code, message } = error instanceof CallError ? error : { code: 'internal', message: String(error) }
    this.#store.set({ trouble: { code, message } })
  }

  /** Does something whose failure is told to the person. */
  async #told(work: () => Promise<unknown>): Promise<void> {
    try {
      await work()
    } catch (error) {
      this.tell(error)
    }
  }
}

/** The lines that are added at a time while scrolling up. */
const olderLines = 50
