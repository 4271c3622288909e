import type {
  Card,
  ChatDecision,
  ConversationId,
  PersonDecisions,
  Standing,
  UnseenFrom,
  UserId,
} from '@fastchat/schema'
import { Serial } from '../serial.ts'
import { Batch, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { type Decisions, mergeDecisions, noDecisions, sharedDecisions } from './decisions.ts'
import { unseenAfterBlock } from './unseen.ts'

const metaKey = 'people'

export type PeopleBookListener = {
  /** Called when a decision is new to the other devices of this account. */
  changed(): void
  /** Called with the users whose standing is another one, by a decision here or elsewhere. */
  stood(users: readonly UserId[]): void
}

/**
 * Keeps the decisions of this account about people and chats. They go into the account state, so
 * all devices of the account have them. A decision replaces an earlier one, and none is removed.
 */
export class PeopleBook {
  readonly #store: Store
  readonly #serial = new Serial()
  #decisions: Decisions
  readonly #listener: PeopleBookListener

  /** @param decisions those that `read` has returned */
  constructor(store: Store, decisions: Decisions, listener: PeopleBookListener) {
    this.#store = store
    this.#decisions = decisions
    this.#listener = listener
  }

  /** Reads the decisions in a store. `known` are those in the account state. */
  static async read(store: Store, known: Partial<Decisions>): Promise<Decisions> {
    const stored = (await getRecord<Decisions>(store, 'meta', metaKey)) ?? noDecisions
    return mergeDecisions(stored, known)
  }

  about(userId: UserId): PersonDecisions {
    return this.#decisions.people[userId] ?? {}
  }

  aboutChat(conversation: ConversationId): ChatDecision | undefined {
    return this.#decisions.chats[conversation]
  }

  /** Returns the own card of this account. */
  get card(): Card | undefined {
    return this.#decisions.card
  }

  /** Returns the users with this standing, in no order. */
  withStanding(is: Standing['is']): UserId[] {
    return usersOf(this.#decisions).filter((id) => this.about(id).standing?.is === is)
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#serial.idle()
  }

  /** Returns the decisions for the account state. */
  shared(): Partial<Decisions> {
    return sharedDecisions(this.#decisions)
  }

  /** Stores merged decisions of this and other devices of the account. */
  async take(decisions: Partial<Decisions>): Promise<void> {
    await this.#keep((own) => mergeDecisions(own, decisions))
  }

  /** Stores a block that counts from a position of the direct chat with the person. */
  async block(userId: UserId, from: UnseenFrom | undefined): Promise<void> {
    await this.#decide(userId, ({ standing }) =>
      standing?.is === 'blocked' ? {} : { standing: { n: after(standing), is: 'blocked', ...(from && { from }) } },
    )
  }

  /** Ends a block. `chat` is the last position that was read in the direct chat. */
  async endBlock(userId: UserId, is: 'open' | 'accepted', chat: UnseenFrom | undefined): Promise<void> {
    await this.#decide(userId, (known) => {
      const unseen = unseenAfterBlock(known, chat)
      return { standing: { n: after(known.standing), is }, ...(unseen.length > 0 && { unseen: [...unseen] }) }
    })
  }

  /** Stores which key was compared outside the server. Without a key it takes the mark back. */
  async mark(userId: UserId, key: string | undefined): Promise<void> {
    await this.#decide(userId, ({ mark }) => ({ mark: { n: after(mark), ...(key !== undefined && { key }) } }))
  }

  async acceptKey(userId: UserId, key: string): Promise<void> {
    await this.#decide(userId, ({ acceptedKey }) => ({ acceptedKey: { n: after(acceptedKey), key } }))
  }

  /** Stores decisions about chats, without those that stand already. */
  async decideChats(decisions: readonly (readonly [ConversationId, Omit<ChatDecision, 'n'>])[]): Promise<void> {
    await this.#change(({ chats, ...rest }) => {
      const news = decisions.filter(([id, { is, seq }]) => chats[id]?.is !== is || chats[id]?.seq !== seq)
      const made = news.map(([id, decision]) => [id, { ...decision, n: after(chats[id]) }] as const)
      return made.length === 0 ? undefined : { ...rest, chats: { ...chats, ...Object.fromEntries(made) } }
    })
  }

  /** Stores a new own card, and returns it. */
  async setCard(card: Omit<Card, 'n'>): Promise<Card> {
    const made = { ...card, n: after(this.#decisions.card) }
    await this.#change((own) => ({ ...own, card: made }))
    return made
  }

  async #decide(userId: UserId, decide: (known: PersonDecisions) => PersonDecisions): Promise<void> {
    await this.#change(({ people, ...rest }) => {
      const known = people[userId] ?? {}
      return { ...rest, people: { ...people, [userId]: { ...known, ...decide(known) } } }
    })
  }

  async #change(change: (own: Decisions) => Decisions | undefined): Promise<void> {
    if (await this.#keep(change)) this.#listener.changed()
  }

  /** Stores changed decisions before they count. */
  async #keep(change: (own: Decisions) => Decisions | undefined): Promise<boolean> {
    return await this.#serial.run(async () => {
      const next = change(this.#decisions)
      if (next === undefined) return false
      await this.#store.write(new Batch().put('meta', metaKey, next).writes)
      const before = this.#decisions
      this.#decisions = next
      const moved = usersOf(next).filter((id) => before.people[id]?.standing?.is !== next.people[id]?.standing?.is)
      if (moved.length > 0) this.#listener.stood(moved)
      return true
    })
  }
}

const after = (decision: { readonly n: number } | undefined): number => (decision?.n ?? 0) + 1

// The cast holds because only user ids are written as keys.
const usersOf = ({ people }: Decisions): UserId[] => Object.keys(people) as UserId[]
