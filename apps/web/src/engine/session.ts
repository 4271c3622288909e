import type { Chat, Client, ConnectionState } from '@fastchat/client'
import type { ConversationId, UserId } from '@fastchat/schema'
import { Changes } from './changes.ts'
import { failureOf } from './failure-of.ts'
import { changeGroup, groupInfoOf } from './group-info.ts'
import { lineOf, lineOfQueued, titleOf } from './lines.ts'
import type { Calls, ChatRow, EngineState, GroupChange, GroupInfo, Line, Link, Person, Timeline } from './protocol.ts'

type Listeners = {
  changed(conversations: readonly ConversationId[]): void
  patch(patch: Partial<EngineState>): void
  trouble(error: Error): void
}

/** The most people that one search shows. */
const maxFound = 50
/** The most lines of one answer. */
const maxLines = 200

/** A signed-in device of this browser, as the tabs see it. */
export class Session {
  readonly #client: Client
  readonly #listeners: Listeners
  readonly #changes: Changes
  readonly #last = new Map<ConversationId, Line>()
  #link: Link = { state: 'off' }
  #chats: readonly ChatRow[] = []
  #typing: NonNullable<EngineState['typing']> = {}

  private constructor(client: Client, listeners: Listeners) {
    this.#client = client
    this.#listeners = listeners
    this.#changes = new Changes((conversations) => void this.#tell(conversations))
  }

  /** Opens the session: it reads the chats, and begins to connect. */
  static async open(client: Client, listeners: Listeners): Promise<Session> {
    const session = new Session(client, listeners)
    session.#listen()
    for (const { conversation } of client.own.chats()) await session.#readLast(conversation)
    session.#chats = session.#rows()
    client.start()
    return session
  }

  async stop(): Promise<void> {
    this.#changes.stop()
    await this.#client.stop()
  }

  get state(): EngineState {
    return { phase: 'ready', me: this.#me, link: this.#link, chats: this.#chats }
  }

  async findPeople(query: string): Promise<readonly Person[]> {
    const users = await this.#client.users(query === '' ? undefined : query)
    const others = users.filter(({ userId }) => userId !== this.#me.userId)
    return others.slice(0, maxFound).map(({ userId, username }) => ({ userId, name: username }))
  }

  async openDirect(userId: UserId): Promise<ConversationId> {
    return (await this.#client.openDirect(userId)).id
  }

  async createGroup(id: ConversationId, name: string, users: readonly UserId[]): Promise<ConversationId> {
    return (await this.#client.createGroup(name, users, id)).id
  }

  /** Returns lines of a conversation, with those that wait to be sent at its end. */
  async timeline({ conversation, limit, before, around, to }: Calls['timeline']['input']): Promise<Timeline> {
    const count = Math.min(limit, maxLines)
    const { firstUnread } = this.#client.conversation(conversation)
    // One more than asked for tells whether there are older ones.
    const entries =
      around === undefined
        ? await this.#client.history(conversation, count + 1, before)
        : await this.#client.around(conversation, around, count + 1)
    const upTo = to === undefined ? entries : entries.filter(({ seq }) => seq <= to)
    const hasOlder = entries.length > count
    const names = this.#names(conversation)
    const lines = upTo.slice(hasOlder ? 1 : 0).map((entry) => lineOf(entry, names))
    const last = lines.at(-1)?.seq ?? 0
    const hasNewer =
      before !== undefined ||
      (around !== undefined && (await this.#client.entriesAfter(conversation, last, 1)).length > 0)
    const queued = hasNewer ? [] : this.#queued(conversation, new Set(lines.map(({ key }) => key)))
    return {
      ...{ conversation, hasOlder, hasNewer, lines: [...lines, ...queued] },
      ...(firstUnread !== undefined && { firstUnread }),
    }
  }

  async send({ conversation, id, text, replyTo }: Calls['send']['input']): Promise<void> {
    const written = { text, ...(replyTo !== undefined && { replyTo }) }
    const payload = this.#client.messages.compose(conversation, written)
    await this.#client.conversation(conversation).outbox.queue(id, payload)
    this.#changes.note(conversation)
  }

  async edit({ target, text, id }: Calls['edit']['input']): Promise<void> {
    await this.#client.messages.edit(target, text, id)
  }

  async remove({ target, isForAll, id }: Calls['remove']['input']): Promise<void> {
    if (isForAll) await this.#client.messages.deleteForEveryone(target, id)
    else await this.#client.messages.deleteForMe([target])
  }

  async react({ target, emoji, isRemoved, id }: Calls['react']['input']): Promise<void> {
    await this.#client.messages.react(target, emoji, { remove: isRemoved, id })
  }

  typing({ conversation, isOver }: Calls['typing']['input']): void {
    const { typing } = this.#client.signals
    if (isOver) typing.end(conversation)
    else typing.type(conversation)
  }

  groupInfo(conversation: ConversationId): GroupInfo {
    return groupInfoOf(this.#client, conversation)
  }

  async changeGroup(conversation: ConversationId, change: GroupChange): Promise<GroupInfo> {
    await changeGroup(this.#client, conversation, change)
    return this.groupInfo(conversation)
  }

  async markRead(conversation: ConversationId, seq: number): Promise<void> {
    await this.#client.conversation(conversation).markRead(seq)
  }

  async accept(conversation: ConversationId): Promise<void> {
    await this.#client.people.accept(conversation)
    this.#changes.note(conversation)
  }

  retryNow(): void {
    this.#client.connection.retryNow()
  }

  get #me(): Person {
    const { userId, username } = this.#client.identity
    return { userId, name: username }
  }

  #names(conversation: ConversationId) {
    return {
      me: this.#me.userId,
      nameOf: (userId: UserId) => this.#client.pins.nameOf(userId),
      stateAt: (seq: number) => this.#client.signals.receipts.stateAt(conversation, seq),
    }
  }

  #queued(conversation: ConversationId, shown: ReadonlySet<string>): Line[] {
    const records = [...this.#client.conversation(conversation).outbox.records.values()]
    const waiting = records.filter(({ id, isRepeated }) => !shown.has(id) && !isRepeated)
    const { userId, name } = this.#me
    return waiting.toSorted((a, b) => a.order - b.order).flatMap((record) => lineOfQueued(record, userId, name) ?? [])
  }

  #listen(): void {
    const client = this.#client
    const note = ({ conversation }: { readonly conversation: ConversationId }) => this.#changes.note(conversation)
    client.on('entry', note)
    client.on('stored', note)
    client.on('changed', note)
    client.on('restored', note)
    client.on('failed', note)
    client.on('conversation', note)
    client.signals.on('receipts', note)
    client.signals.on('typing', ({ conversation, users }) => {
      this.#typing = { ...this.#typing, [conversation]: users.map((user) => client.pins.nameOf(user)) }
      this.#listeners.patch({ typing: this.#typing })
    })
    client.own.on('chats', (conversations) => {
      for (const conversation of conversations) this.#changes.note(conversation)
    })
    client.on('trouble', (error) => this.#listeners.trouble(error))
    client.on('connection', (state) => {
      this.#link = linkOf(state)
      this.#listeners.patch({ link: this.#link })
    })
  }

  async #tell(noted: readonly ConversationId[]): Promise<void> {
    // Another device may mark a chat that this one does not know yet.
    const known = new Set(this.#client.conversations().map(({ conversation }) => conversation))
    const conversations = noted.filter((conversation) => known.has(conversation))
    for (const conversation of conversations) await this.#readLast(conversation)
    this.#chats = this.#rows()
    this.#listeners.patch({ chats: this.#chats })
    this.#listeners.changed(conversations)
  }

  /** Reads the last line of a chat, for the list. */
  async #readLast(conversation: ConversationId): Promise<void> {
    const [entry] = await this.#client.history(conversation, 1)
    const queued = this.#queued(conversation, new Set()).at(-1)
    const last = queued ?? (entry && lineOf(entry, this.#names(conversation)))
    if (last) this.#last.set(conversation, last)
  }

  #rows(): ChatRow[] {
    return this.#client.own.chats().map((chat) => this.#rowOf(chat))
  }

  #rowOf(chat: Chat): ChatRow {
    const { conversation, kind, unread, lastAt, isMuted, isArchived, status, members } = chat
    const title = titleOf(chat, (userId) => this.#client.pins.nameOf(userId))
    const last = this.#last.get(conversation)
    return {
      ...{ id: conversation, kind, unread, lastAt, isMuted, isArchived, members: members.length },
      isRequest: this.#client.people.isRequest(conversation),
      mayWrite: status !== 'left' && status !== 'removed',
      ...(title !== undefined && { title }),
      ...(last && { last }),
    }
  }
}

function linkOf(state: ConnectionState): Link {
  if (state.state === 'unavailable') return { state: 'unavailable', retryAt: state.retryAt }
  if (state.state === 'ended') return { state: 'ended', code: failureOf(state.error).code }
  return { state: state.state }
}
