import type {
  BackedUpChat,
  ConversationId,
  Conversation as ConversationInfo,
  ServerFrames,
  SharedProfile,
  UserId,
} from '@fastchat/schema'
import { limits } from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import { ClientError, ServerError } from '../errors.ts'
import { limitWork } from '../limit-work.ts'
import { pause } from '../net/backoff.ts'
import type { ConversationRecord } from '../store/records.ts'
import { Trouble } from '../trouble.ts'
import type { TroubleCode } from '../trouble-words.ts'
import { type Beginning, beginningRecord, rememberedRecord } from './beginning-record.ts'
import type { Context } from './context.ts'
import { Conversation } from './conversation.ts'
import { lookUpConversation } from './look-up-conversation.ts'
import { Openings } from './openings.ts'
import { readConversations } from './read-conversations.ts'
import type { SavedConversation } from './saved-conversation.ts'
import { SentMessages } from './sent-messages.ts'

/** Openings are rare, and end within a request. */
const openingPollMs = 10

type Options = { readonly context: Context; readonly pins: Pick<Pins, 'resolve'> }

/** Holds the conversations of this device: those in its store, and those that the server names. */
export class Conversations {
  readonly #context: Context
  readonly #pins: Options['pins']
  /** The server rejects more sends under way on one connection than its limit. */
  readonly #sends = limitWork(limits.maxUnackedSends)
  readonly #known = new Map<ConversationId, Conversation>()
  readonly #openings: Openings

  constructor({ context, pins }: Options) {
    this.#context = context
    this.#pins = pins
    this.#openings = new Openings((error) => context.events.emit('trouble', error))
  }

  async load(): Promise<void> {
    for (const saved of await readConversations(this.#context)) await this.#put(saved)
  }

  get all(): readonly Conversation[] {
    return [...this.#known.values()]
  }

  /** Returns whether every conversation that the server has named is here. */
  get hasOpened(): boolean {
    return this.#openings.isEmpty
  }

  /** Resolves when every conversation that the server has named is here, or `signal` aborts. */
  async opened(signal: AbortSignal): Promise<void> {
    while (!this.hasOpened && !signal.aborted) await pause(openingPollMs, signal)
  }

  /** Adds a conversation that only the backup knows. This user is no longer a member of it. */
  async remember(id: ConversationId, chat: BackedUpChat): Promise<void> {
    if (this.#known.has(id)) return
    await this.#keep(rememberedRecord(id, chat))
  }

  get isSettled(): boolean {
    return this.#openings.isEmpty && this.all.every((one) => one.isSettled)
  }

  /**
   * Returns a known conversation.
   *
   * @throws {ClientError} `unknown_conversation`
   */
  get(id: ConversationId): Conversation {
    const found = this.#known.get(id)
    if (!found) throw new ClientError('unknown_conversation')
    return found
  }

  find(id: ConversationId): Conversation | undefined {
    return this.#known.get(id)
  }

  directWith(peer: UserId): Conversation | undefined {
    // The server has lost a direct chat that is over. The next chat with this user is another
    // conversation.
    return this.all.find(({ record: { kind, status, ...record } }) => {
      return kind === 'direct' && status !== 'removed' && record.peer === peer
    })
  }

  /**
   * Returns the cursors for `hello`, of the conversations that this device can read on in. The
   * latest conversations come first, up to `maxCursors`.
   */
  cursors(): Record<ConversationId, number> {
    const followed = this.all.filter(({ hasGroup, record }) => hasGroup || record.status === 'removed')
    const latest = followed.toSorted((a, b) => b.record.lastAt - a.record.lastAt).slice(0, limits.maxCursors)
    return Object.fromEntries(latest.map(({ id, record }) => [id, record.cursor]))
  }

  /**
   * Calls `use` with a conversation: at once when the conversation is known, otherwise after it has
   * been looked up. Calls for one conversation keep their order.
   *
   * With an `invitation` the look-up may fail with `not_found`: this device was added and removed
   * again, and the server shows it only the log of that time.
   */
  with(id: ConversationId, use: (conversation: Conversation) => void, invitation?: ServerFrames['welcome']): void {
    const known = this.#known.get(id)
    if (known && !this.#openings.has(id)) use(known)
    else this.#openings.add(id, () => this.#lookUp(id, invitation), use)
  }

  /** Forgets a conversation whose records were erased. */
  forget(id: ConversationId): void {
    this.#known.delete(id)
  }

  /** Adds a line about a user to the chats with this user. */
  async tellOf(userId: UserId, code: TroubleCode): Promise<void> {
    const concerned = this.all.filter(({ record }) => record.members.some((member) => member.userId === userId))
    await Promise.all(concerned.map((one) => one.tell(userId, code)))
  }

  /** Reports that another device of this account is in another group at the same epoch. */
  tellSplit(id: ConversationId): void {
    const { events } = this.#context
    events.emit('trouble', new Trouble({ code: 'history_split' }, { conversation: id }))
    this.#known
      .get(id)
      ?.tell(undefined, 'history_split')
      .catch((error: Error) => events.emit('trouble', error))
  }

  /**
   * Gives a group the name that another device of this account has read. A conversation that begins
   * later starts with that name.
   */
  async learnName(id: ConversationId, profile: SharedProfile): Promise<void> {
    await this.#known.get(id)?.learnName(profile)
  }

  /**
   * Adds a conversation that the server has named. With `isOwn` this device has asked for it;
   * otherwise others may have begun it, and it may wait until it is accepted.
   */
  async adopt(info: ConversationInfo, asked?: UserId, isOwn = true): Promise<Conversation> {
    const known = this.#known.get(info.conversation)
    if (known) return known
    const { identity, events } = this.#context
    const others = info.members.map(({ userId }) => userId).filter((userId) => userId !== identity.userId)
    const peer = info.kind === 'direct' ? (asked ?? others[0] ?? identity.userId) : undefined
    const conversation = await this.#begin({
      conversation: info.conversation,
      kind: info.kind,
      groupNo: info.groupNo,
      members: info.members.map(({ userId, role }) => ({ userId, role })),
      departed: info.members.filter(({ departed }) => departed).map(({ userId }) => userId),
      ...(peer !== undefined && { peer }),
      ...(!isOwn && { request: true as const }),
    })
    await this.#pins.resolve(others).catch((error: Error) => events.emit('trouble', error))
    if (conversation.record.status === 'joining' && !info.leaf)
      conversation.intents.want({ kind: 'join' }).catch((error: Error) => events.emit('trouble', error))
    return conversation
  }

  async #begin(beginning: Beginning): Promise<Conversation> {
    const known = this.#context.headOf(beginning.conversation)?.profile
    return await this.#keep(beginningRecord(beginning, known, this.#context.clock.wallMs()))
  }

  /** Looks up a conversation that the server has named. */
  async #lookUp(id: ConversationId, invitation?: ServerFrames['welcome']): Promise<Conversation> {
    try {
      return await this.adopt(await lookUpConversation(this.#context, id), undefined, false)
    } catch (error) {
      const isHidden = error instanceof ServerError && error.code === 'not_found'
      if (invitation && isHidden) return await this.#begin({ ...invitation, request: true })
      throw error
    }
  }

  async #keep(record: ConversationRecord): Promise<Conversation> {
    const kept = await this.#put({ record, outbox: [], sent: new SentMessages(record.conversation, []) })
    await kept.keep()
    return kept
  }

  async #put(saved: SavedConversation): Promise<Conversation> {
    const conversation = new Conversation(this.#context, this.#sends, saved)
    this.#known.set(conversation.id, conversation)
    await conversation.load()
    return conversation
  }
}
