import type { ConversationId, UserId } from '@fastchat/schema'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { PeopleBook } from './people-book.ts'

type Port = {
  readonly book: Pick<PeopleBook, 'about' | 'aboutChat'>
  readonly me: UserId
  records(): readonly ConversationRecord[]
  record(conversation: ConversationId): ConversationRecord | undefined
}

/** How an entry is shown: whole, as one line without its content, or not at all. */
export type EntryView = 'shown' | 'collapsed' | 'hidden'

/** Decides which users are strangers, and which chats wait until they are accepted. */
export class Strangers {
  readonly #port: Port

  constructor(port: Port) {
    this.#port = port
  }

  /**
   * Returns whether a chat waits until this person accepts it: a stranger began it or added this
   * account. Only who signed the invitation counts, and never what the server says.
   */
  isRequest(conversation: ConversationId): boolean {
    const record = this.#port.record(conversation)
    return record !== undefined && this.isWaiting(record)
  }

  isWaiting(record: ConversationRecord): boolean {
    const isAccepted = this.#port.book.aboutChat(record.conversation)?.is === 'accepted'
    return record.request === true && !isAccepted && !this.isFromAcquaintance(record)
  }

  isBlocked(userId: UserId): boolean {
    return this.#port.book.about(userId).standing?.is === 'blocked'
  }

  /** Returns whether nothing of this chat may be told to others: a request, or a blocked person. */
  isQuiet(conversation: ConversationId): boolean {
    const record = this.#port.record(conversation)
    return record === undefined || this.isWaiting(record) || this.isBlockedChat(record)
  }

  /** Returns whether this is the direct chat with a blocked person. */
  isBlockedChat({ kind, peer }: ConversationRecord): boolean {
    return kind === 'direct' && peer !== undefined && this.isBlocked(peer)
  }

  /** Returns how an entry is shown. Messages of a blocked person are read, and not shown. */
  viewOf({ type, from, conversation }: Entry): EntryView {
    if (type !== 'message' || from === undefined || !this.isBlocked(from)) return 'shown'
    return this.#port.record(conversation)?.kind === 'direct' ? 'hidden' : 'collapsed'
  }

  /**
   * Returns whether a person is no stranger: they were accepted, or they are in an accepted chat
   * with this account. So is anybody to whom this person has written.
   */
  isKnown(userId: UserId): boolean {
    const { is } = this.#port.book.about(userId).standing ?? {}
    if (is === 'accepted' || is === 'blocked') return is === 'accepted'
    return this.#port
      .records()
      .some(
        ({ request, status, members }) =>
          request !== true &&
          (status === 'active' || status === 'broken') &&
          members.some((member) => member.userId === userId),
      )
  }

  /** Returns whether this account or an accepted person began a chat. */
  isFromAcquaintance(record: ConversationRecord): boolean {
    const { me } = this.#port
    const { kind, inviter, peer } = record
    if (inviter === me || (kind === 'direct' && peer === me)) return true
    const by = kind === 'direct' ? peer : inviter
    return by !== undefined && this.isKnown(by)
  }
}
