import { type ChangeBatch, type Chat, type Client, type ConnectionState, maxFileBytes } from '@fastchat/client'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'
import { failureOf } from './failure-of.ts'
import { fetchFile, sendFile } from './file-calls.ts'
import { changeGroup, groupInfoOf } from './group-info.ts'
import { lineOf, titleOf } from './lines.ts'
import type {
  Calls,
  ChatRow,
  EngineState,
  Failure,
  FoundLine,
  GroupChange,
  GroupInfo,
  Line,
  Link,
  Person,
  Timeline,
} from './protocol.ts'
import { queuedLines, unsentLines } from './unsent-lines.ts'

type Listeners = {
  changed(conversations: readonly ConversationId[]): void
  patch(patch: Partial<EngineState>): void
  trouble(failure: Failure): void
}

/** The most people or messages that one search shows. */
const maxFound = 50
/** The most lines of one answer. */
const maxLines = 200

/** A signed-in device of this browser, as the tabs see it. */
export class Session {
  readonly #client: Client
  readonly #listeners: Listeners
  readonly #last = new Map<ConversationId, Line>()
  #link: Link = { state: 'off' }
  #chats: readonly ChatRow[] = []
  #typing: NonNullable<EngineState['typing']> = {}
  readonly #sending = new Map<MessageId, number>()

  private constructor(client: Client, listeners: Listeners) {
    this.#client = client
    this.#listeners = listeners
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
    await this.#client.stop()
  }

  get state(): EngineState {
    return { phase: 'ready', me: this.#me, link: this.#link, chats: this.#chats, maxFileBytes }
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
    const queued = hasNewer ? [] : await unsentLines(this.#client, conversation, new Set(lines.map(({ key }) => key)))
    return {
      ...{ conversation, hasOlder, hasNewer, lines: [...lines, ...queued] },
      ...(firstUnread !== undefined && { firstUnread }),
    }
  }

  async send({ conversation, id, text, replyTo }: Calls['send']['input']): Promise<void> {
    const written = { text, ...(replyTo !== undefined && { replyTo }) }
    const payload = this.#client.messages.compose(conversation, written)
    await this.#client.conversation(conversation).outbox.queue(id, payload)
  }

  async sendFile(input: Calls['sendFile']['input']): Promise<void> {
    await sendFile(this.#client, input)
  }

  async cancelFile(id: MessageId): Promise<boolean> {
    return await this.#client.files.cancel(id)
  }

  async fetchFile(id: MessageId): Promise<Blob> {
    return await fetchFile(this.#client, id)
  }

  async retryFailed(id: MessageId): Promise<void> {
    await this.#client.failed.retry(id)
  }

  async discardFailed(id: MessageId): Promise<void> {
    await this.#client.failed.discard(id)
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

  /** Returns the messages that have all words, the newest first. Without words it finds none. */
  async search({ words, conversation }: Calls['search']['input']): Promise<readonly FoundLine[]> {
    if (words.trim() === '') return []
    const { entries } = await this.#client.search(words, {
      limit: maxFound,
      ...(conversation !== undefined && { in: conversation }),
    })
    return entries.map((entry) => {
      const chat = this.#client.conversation(entry.conversation).record
      const title = titleOf(chat, (userId) => this.#client.pins.nameOf(userId))
      const line = lineOf(entry, this.#names(entry.conversation))
      return { conversation: entry.conversation, line, ...(title !== undefined && { title }) }
    })
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

  #listen(): void {
    const client = this.#client
    client.changes.subscribe((batch) => void this.#take(batch))
    client.signals.on('typing', ({ conversation, users }) => {
      this.#typing = { ...this.#typing, [conversation]: users.map((user) => client.pins.nameOf(user)) }
      this.#listeners.patch({ typing: this.#typing })
    })
    client.on('transfer', ({ id, stage, done, total }) => {
      if (id === undefined || stage !== 'uploading') return
      if (done < total) this.#sending.set(id, done / total)
      else this.#sending.delete(id)
      this.#listeners.patch({ sending: [...this.#sending].map(([sent, part]) => ({ id: sent, part })) })
    })
    client.on('connection', (state) => {
      this.#link = linkOf(state)
      this.#listeners.patch({ link: this.#link })
    })
  }

  /** Tells the tabs what changed. */
  async #take({ chats, troubles }: ChangeBatch): Promise<void> {
    for (const { code, message } of troubles) this.#listeners.trouble({ code, message })
    if (chats.size === 0) return
    // Another device may mark a chat that this one does not know yet.
    const known = new Set(this.#client.conversations().map(({ conversation }) => conversation))
    const conversations = [...chats.keys()].filter((conversation) => known.has(conversation))
    for (const conversation of conversations) await this.#readLast(conversation)
    this.#chats = this.#rows()
    this.#listeners.patch({ chats: this.#chats })
    this.#listeners.changed(conversations)
  }

  /** Reads the last line of a chat, for the list. */
  async #readLast(conversation: ConversationId): Promise<void> {
    const [entry] = await this.#client.history(conversation, 1)
    const queued = queuedLines(this.#client, conversation, new Set()).at(-1)
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
