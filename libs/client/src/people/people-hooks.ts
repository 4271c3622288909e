import type { UserId } from '@fastchat/schema'
import type { ConversationRecord } from '../store/records.ts'

/** The rules about people that conversations ask for. */
export type PeopleHooks = {
  /**
   * Checks whether a person may write in this chat.
   *
   * @throws {ClientError} `user_blocked`, `verified_key_changed`
   */
  checkWrite(record: ConversationRecord): void
  isBlocked(userId: UserId): boolean
}

/** The rules of a device that decides nothing about people. */
export const noPeopleHooks: PeopleHooks = {
  checkWrite: () => {},
  isBlocked: () => false,
}
