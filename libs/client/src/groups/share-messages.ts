import { mayWrite } from '@fastchat/crypto/verify'
import type { MessageId, UserId } from '@fastchat/schema'
import type { Conversation } from '../conversation/conversation.ts'
import { ClientError } from '../errors.ts'
import type { History } from '../history.ts'
import { pastTexts, sharedParts } from './past-messages.ts'
import { rosterOfRecord } from './roster-of-record.ts'

/** The numbers of past messages that people are offered to share. Other numbers work, too. */
export const sharedCounts = [25, 50, 100] as const

type Sharing = {
  readonly me: UserId
  /** The members who get the messages. */
  readonly to: readonly UserId[]
  readonly count: number
  readonly ids: readonly MessageId[]
}

/**
 * Sends the last texts that this device has to members of a group; see `Groups.share`.
 *
 * @returns the number of messages that were shared
 */
export async function shareMessages(
  history: History,
  conversation: Conversation,
  { me, to, count, ids }: Sharing,
): Promise<number> {
  const { id, record, outbox } = conversation
  const { members, joinedSeq, cursor } = record
  if (to.length === 0 || !to.every((userId) => members.some((member) => member.userId === userId)))
    throw new ClientError('not_a_member', 'Messages can be shared with members of the group only')
  if (!mayWrite(rosterOfRecord(record), me)) throw new ClientError('admins_write')
  const texts = await pastTexts(history, { id, count, before: Math.max(cursor, joinedSeq) + 1 })
  const parts = sharedParts(texts, to)
  const used = ids.slice(0, parts.length)
  for (const [at, messageId] of used.entries()) {
    const part = parts[at]
    if (part) await outbox.queue(messageId, part)
  }
  for (const messageId of used) await outbox.whenStored(messageId)
  return parts[0]?.count ?? 0
}
