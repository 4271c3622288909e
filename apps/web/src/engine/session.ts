import { type ChangeBatch, type Chat, type Client, type ConnectionState, maxFileBytes } from '@fastchat/client'
import type { Clock } from '@fastchat/clock'
import type { ConversationId } from '@fastchat/schema'
import type { Handlers } from './call.ts'
import { type ChatExtras, readChatExtras } from './chat-extras.ts'
import type { ChatRow, EngineState, Link, Person } from './engine-state.ts'
import { failureOf } from './failure-of.ts'
import type { Line } from './line.ts'
import { lineOf, namesOf, titleOf } from './lines.ts'
import { peopleFields } from './people-fields.ts'
import type { SessionCalls } from './protocol.ts'
import { rowMarks } from './row-marks.ts'
import { sessionCalls } from './session-calls.ts'
import type { Tasks } from './tasks.ts'
import { queuedLines } from './unsent-lines.ts'
import { sessionWatchers } from './watchers/session-watchers.ts'

type Listeners = {
  changed(conversations: readonly ConversationId[]): void
  patch(patch: Partial<EngineState>): void
  readonly tasks: Tasks
  readonly clock: Pick<Clock, 'wallMs'>
}

/** A signed-in device of this browser, as the tabs see it. */
export class Session {
  readonly client: Client
  /** The functions that answer the calls of the tabs. */
  readonly calls: Handlers<SessionCalls>
  readonly #listeners: Listeners
  readonly #last = new Map<ConversationId, Line>()
  readonly #extras = new Map<ConversationId, ChatExtras>()
  #link: Link = { state: 'off' }
  #chats: readonly ChatRow[] = []
  readonly #watched: readonly (() => Partial<EngineState>)[]

  private constructor(client: Client, listeners: Listeners) {
    this.client = client
    this.calls = sessionCalls(client, listeners.tasks, listeners.clock)
    this.#listeners = listeners
    this.#watched = sessionWatchers.map((watch) => watch(client, (change) => listeners.patch(change)))
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
    await this.client.stop()
  }

  get state(): EngineState {
    const watched: Partial<EngineState> = Object.assign({}, ...this.#watched.map((read) => read()))
    return { ...watched, phase: 'ready', me: this.#me, link: this.#link, chats: this.#chats, maxFileBytes }
  }

  get #me(): Person {
    const { userId, username } = this.client.identity
    return { userId, name: username }
  }

  #listen(): void {
    const client = this.client
    client.changes.subscribe((batch) => void this.#take(batch))
    client.on('connection', (state) => {
      this.#link = linkOf(state)
      this.#listeners.patch({ link: this.#link })
    })
  }

  /** Tells the tabs what changed. */
  async #take({ chats, lists }: ChangeBatch): Promise<void> {
    if (chats.size === 0 && !lists.has('people')) return
    // Another device may mark a chat that this one does not know yet.
    const known = new Set(this.client.conversations().map(({ conversation }) => conversation))
    const conversations = [...chats.keys()].filter((conversation) => known.has(conversation))
    for (const conversation of conversations) await this.#readLast(conversation)
    this.#chats = this.#rows()
    this.#listeners.patch({ chats: this.#chats })
    if (conversations.length > 0) this.#listeners.changed(conversations)
  }

  /** Reads the last line of a chat, for the list. */
  async #readLast(conversation: ConversationId): Promise<void> {
    const [entry] = await this.client.history(conversation, 1)
    const queued = queuedLines(this.client, conversation, new Set()).at(-1)
    const last = queued ?? (entry && lineOf(entry, namesOf(this.client, conversation)))
    if (last) this.#last.set(conversation, last)
    else this.#last.delete(conversation)
    this.#extras.set(conversation, await readChatExtras(this.client, conversation))
  }

  #rows(): ChatRow[] {
    const waiting = new Set(this.client.people.requests().map(({ conversation }) => conversation))
    // A request of a blocked person is shown nowhere.
    const isHidden = (id: ConversationId) => this.client.people.isRequest(id) && !waiting.has(id)
    const chats = this.client.own.chats().filter(({ conversation }) => !isHidden(conversation))
    return chats.map((chat) => this.#rowOf(chat))
  }

  #rowOf(chat: Chat): ChatRow {
    const { conversation, kind, unread, lastAt, isMuted, isArchived, members } = chat
    const title = titleOf(chat, (userId) => this.client.pins.nameOf(userId))
    const last = this.#last.get(conversation)
    return {
      ...rowMarks(chat, this.client.identity.userId),
      ...this.#extras.get(conversation),
      ...{ id: conversation, kind, unread, lastAt, isMuted, isArchived, members: members.length },
      ...peopleFields(this.client, chat),
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
