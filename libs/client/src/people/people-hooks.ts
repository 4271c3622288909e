import type { Card, UserId } from '@fastchat/schema'
import type { ConversationRecord, Entry } from '../store/records.ts'
import type { Write } from '../store/store.ts'

/** The rules about people that conversations ask for. */
export type PeopleHooks = {
  /**
   * Checks whether a person may write in this chat.
   *
   * @throws {ClientError} `user_blocked`, `verified_key_changed`
   */
  checkWrite(record: ConversationRecord): void
  /** Returns whether an entry does not count, because its author is or was blocked. */
  isHidden(record: ConversationRecord, entry: Entry): boolean
  /** Returns whether an entry of a direct chat was written by a person who was blocked then. */
  isUnseen(record: ConversationRecord, entry: Entry): boolean
  /** Returns the own card if it is to be sent before the next message in this chat. */
  dueCard(record: ConversationRecord): Card | undefined
  /** Takes over the card of another user, and returns the writes that store it. */
  keepCard(userId: UserId, card: Card): readonly Write[]
}

/** The rules of a device that decides nothing about people. */
export const noPeopleHooks: PeopleHooks = {
  checkWrite: () => {},
  isHidden: () => false,
  isUnseen: () => false,
  dueCard: () => undefined,
  keepCard: () => [],
}
