import { Group } from '@fastchat/crypto'
import {
  type BackedUpChat,
  type ConversationId,
  type Conversation as ConversationInfo,
  chatOperations,
  limits,
  type ServerFrames,
  type SharedProfile,
  type UserId,
} from '@fastchat/schema'
import type { Pins } from '../account/pins.ts'
import { loadRecord } from '../chain/stored-chain.ts'
import { ClientError, isTemporary, ServerError } from '../errors.ts'
import { createBackoff, pause } from '../net/backoff.ts'
import { type ConversationRecord, type OutboxRecord, parseRecord } from '../store/records.ts'
import { Trouble } from '../trouble.ts'
import type { TroubleCode } from '../trouble-words.ts'
import type { Context } from './context.ts'
import { Conversation } from './conversation.ts'
import type { StoredSnapshot } from './conversation-state.ts'
import { Openings } from './openings.ts'
import { SendSlots } from './send-slots.ts'
import { SentMessages } from './sent-messages.ts'

type Beginning = Pick<ConversationRecord, 'conversation' | 'kind' | 'groupNo'> &
  Partial<Pick<ConversationRecord, 'members' | 'departed' | 'peer' | 'request'>>
/** Openings are rare, and end within a request. */
const openingPollMs = 10

type Options = { readonly context: Context; readonly pins: Pick<Pins, 'resolve'> }

/** Holds the conversations of this device: those in its store, and those that the server names. */
export class Conversations {
  readonly #context: Context
  readonly #pins: Options['pins']
  readonly #slots = new SendSlots()
  readonly #known = new Map<ConversationId, Conversation>()
  readonly #openings: Openings

  constructor({ context, pins }: Options) {
    this.#context = context
    this.#pins = pins
    this.#openings = new Openings((error) => context.events.emit('trouble', error))
  }

  async load(): Promise<void> {
    const { store, identity } = this.#context
    const queued = (await store.list('outbox')).map(({ value }) => parseRecord<OutboxRecord>(value))
    const outbox = Map.groupBy(queued, ({ conversation }) => conversation)
    const known = (await store.list('sent')).map(({ key, value }) => {
      const { conversation, stored } = parseRecord<OutboxRecord>(value)
      return { key, conversation, at: stored?.at ?? 0 }
    })
    const sent = Map.groupBy(known, ({ conversation }) => conversation)
    for (const { value } of await store.list('conversations')) {
      const stored = await loadRecord(store, value)
      const state = await store.get('groups', stored.conversation)
      const { record, group } = openGroup(stored, state && (() => Group.decode(state, identity)))
      const waiting = outbox.get(record.conversation) ?? []
      const messages = new SentMessages(record.conversation, sent.get(record.conversation) ?? [])
      await this.#put({ record, group, outbox: waiting, sent: messages })
    }
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
  async remember(id: ConversationId, { kind, at, name, peer, members }: BackedUpChat): Promise<void> {
    if (this.#known.has(id)) return
    const record: ConversationRecord = {
      ...{ conversation: id, kind, status: kind === 'direct' ? 'removed' : 'left', groupNo: 0 },
      ...{ cursor: 0, joinedSeq: 0, readSeq: 0, unread: 0, lastAt: at, departed: [], profileSeq: 0 },
      members: members.map(({ userId, role }) => ({
        userId,
        role: role === 'owner' || role === 'admin' ? role : 'member',
      })),
      ...(name !== undefined && { name }),
      ...(peer !== undefined && { peer }),
    }
    const remembered = await this.#put({ record, outbox: [], sent: new SentMessages(id, []) })
    await remembered.keep()
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

  /**
   * Begins a conversation at cursor 0, so at the first entry that this device may receive: it may
   * have been a member before.
   */
  async #begin({
    conversation,
    kind,
    groupNo,
    members = [],
    departed = [],
    peer,
    request,
  }: Beginning): Promise<Conversation> {
    const profile = this.#context.headOf(conversation)?.profile
    const record: ConversationRecord = {
      conversation,
      kind,
      status: groupNo === 0 ? 'new' : 'joining',
      groupNo,
      cursor: 0,
      joinedSeq: 0,
      readSeq: 0,
      unread: 0,
      isCounted: true,
      lastAt: this.#context.clock.wallMs(),
      members,
      departed,
      profileSeq: profile?.seq ?? 0,
      ...(profile && { name: profile.name }),
      ...(request && { request }),
      ...(peer !== undefined && { peer }),
    }
    const begun = await this.#put({ record, outbox: [], sent: new SentMessages(conversation, []) })
    await begun.keep()
    return begun
  }

  /**
   * Looks up a conversation. Frames for it wait meanwhile, so the look-up is retried as long as the
   * server may answer later.
   */
  async #lookUp(id: ConversationId, invitation?: ServerFrames['welcome']): Promise<Conversation> {
    const backoff = createBackoff(this.#context.random, this.#context.clock)
    for (;;) {
      try {
        const params = { conversation: id }
        return await this.adopt(
          await this.#context.api.call(chatOperations.getConversation, { params }),
          undefined,
          false,
        )
      } catch (error) {
        if (invitation && error instanceof ServerError && error.code === 'not_found')
          return await this.#begin({ ...invitation, request: true })
        // The next connection names the conversation again.
        if (!isTemporary(error) || !this.#context.connection.isOnline) throw error
        await pause(backoff.next())
      }
    }
  }

  async #put(saved: ConstructorParameters<typeof Conversation>[2]): Promise<Conversation> {
    const conversation = new Conversation(this.#context, this.#slots, saved)
    this.#known.set(conversation.id, conversation)
    await conversation.load()
    return conversation
  }
}

/**
 * Returns a stored conversation. Only a group that may be of the former rules is decoded at once:
 * where a lawful state of this group is known, the group is of the present ones.
 */
function openGroup(record: ConversationRecord, decode: (() => Group) | undefined): StoredSnapshot {
  if (!decode) return { record }
  const { status, lawful, groupNo } = record
  if (status === 'active' && lawful?.groupNo === groupNo) return { record, group: decode }
  const group = decode()
  return { record: upgraded(record, group), group }
}

/**
 * Returns the record of a group under the former rules. It continues as the next group. Until an
 * admin (in a direct chat: either user) has started that one, this device only reads.
 */
function upgraded(record: ConversationRecord, group: Group): ConversationRecord {
  if (!group.isOfFormerRules || record.status === 'left') return record
  const { groupNo, epoch } = group
  return { ...record, status: 'broken', brokenBy: 'upgrade', lawful: { groupNo, epoch } }
}
