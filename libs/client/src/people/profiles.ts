import { mayWrite } from '@fastchat/crypto/verify'
import { type ConversationId, fromBase64Url, labelKey, type MessageId, type UserId } from '@fastchat/schema'
import type { Conversations } from '../conversation/conversations.ts'
import { rosterOfRecord } from '../groups/roster-of-record.ts'
import type { Identity } from '../store/records.ts'
import { cardPayload } from './card-payload.ts'
import type { Cards, Profile } from './cards.ts'
import { changedCard, type OwnProfileChange } from './own-profile.ts'
import type { PeopleBook } from './people-book.ts'

/** The chats, latest first, that get a new card at once. Others get it before the next message. */
const maxAtOnce = 50

type Port = {
  readonly identity: Pick<Identity, 'userId'>
  readonly book: PeopleBook
  readonly cards: Cards
  newId(): MessageId
  conversations(): Conversations
}

/** Shows the profiles of people, and changes the own one. */
export class Profiles {
  readonly #port: Port
  readonly #isQuiet: (conversation: ConversationId) => boolean

  /** @param isQuiet returns whether a chat gets nothing that this device sends by itself */
  constructor(port: Port, isQuiet: (conversation: ConversationId) => boolean) {
    this.#port = port
    this.#isQuiet = isQuiet
  }

  nameOf(userId: UserId): string | undefined {
    const { identity, book, cards } = this.#port
    if (userId === identity.userId) return book.card?.name
    return this.#isBlocked(userId) ? undefined : cards.nameOf(userId)
  }

  numberOf(userId: UserId): number | undefined {
    const { identity, book, cards } = this.#port
    if (userId === identity.userId) return book.card?.n
    return this.#isBlocked(userId) ? undefined : cards.numberOf(userId)
  }

  sameNameAs(userId: UserId): UserId | undefined {
    const { identity, book, cards } = this.#port
    const name = this.nameOf(userId)
    if (name === undefined) return undefined
    const own = userId === identity.userId ? undefined : book.card?.name
    const isOwn = own !== undefined && labelKey(own) === labelKey(name)
    return isOwn ? identity.userId : cards.othersWith(name, userId)
  }

  async of(userId: UserId): Promise<Profile> {
    const { identity, book, cards } = this.#port
    const picture = userId === identity.userId ? book.card?.picture : await cards.pictureOf(userId)
    const [name, sameNameAs] = [this.nameOf(userId), this.sameNameAs(userId)]
    return {
      ...(name !== undefined && { name }),
      ...(picture !== undefined && !this.#isBlocked(userId) && { picture: fromBase64Url(picture) }),
      ...(sameNameAs !== undefined && { sameNameAs }),
    }
  }

  async change(change: OwnProfileChange): Promise<void> {
    const { book, identity, newId, conversations } = this.#port
    const card = await book.setCard(changedCard(book.card, change))
    const chats = conversations().all.filter(({ id, record }) => {
      const isOpen = record.status === 'active' && record.members.length > 1 && !this.#isQuiet(id)
      return isOpen && mayWrite(rosterOfRecord(record), identity.userId)
    })
    const latest = chats.toSorted((a, b) => b.record.lastAt - a.record.lastAt).slice(0, maxAtOnce)
    for (const chat of latest) await chat.outbox.queue(newId(), cardPayload(card))
  }

  #isBlocked(userId: UserId): boolean {
    return this.#port.book.about(userId).standing?.is === 'blocked'
  }
}
