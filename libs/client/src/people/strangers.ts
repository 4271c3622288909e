import type { ConversationId, Seq, UserId } from '@fastchat/schema'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { PeopleBook } from './people-book.ts'
import { isUnseen } from './unseen.ts'

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
    const { is, accepted } = this.#port.book.aboutChat(record.conversation) ?? {}
    return record.request === true && is !== 'accepted' && accepted !== true && !this.isFromAcquaintance(record)
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

  /**
   * Returns whether a message in the direct chat with a person was written while they were blocked.
   * It is dropped, and does not come back after the block.
   */
  isUnseen({ kind, peer }: ConversationRecord, { from, conversation, seq }: Entry): boolean {
    if (kind !== 'direct' || from === undefined || from !== peer) return false
    // The cast holds because an entry that was read has a position of the log.
    return isUnseen(this.#port.book.about(from), { conversation, seq: seq as Seq })
  }

  /** Returns how an entry is shown. Messages of a blocked person are read, and not shown. */
  viewOf(entry: Entry): EntryView {
    const { type, from, conversation } = entry
    if (type !== 'message' || from === undefined) return 'shown'
    const record = this.#port.record(conversation)
    if (record && this.isUnseen(record, entry)) return 'hidden'
    if (!this.isBlocked(from)) return 'shown'
    return record?.kind === 'direct' ? 'hidden' : 'collapsed'
  }

  /** Returns whether a chat has a blocked person. Then this device does not say that it is here. */
  hasBlocked({ members }: ConversationRecord): boolean {
    return members.some(({ userId }) => this.isBlocked(userId))
  }

  /**
   * Returns whether a person is not a stranger: they were accepted, or they are in an accepted chat
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
