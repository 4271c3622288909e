import type { Client, WantedPolicies } from '@fastchat/client'
import type { ConversationId, MessageId, UserId } from '@fastchat/schema'

/**
 * A change of a group, for `Chat.group`. It happens once if it is asked twice: shared messages
 * have the given ids, and the other changes are done when the group is as wanted.
 */
export type GroupAct =
  | {
      readonly act: 'share'
      readonly userIds: readonly UserId[]
      readonly count: number
      readonly ids: readonly MessageId[]
    }
  | { readonly act: 'remove'; readonly userIds: readonly UserId[]; readonly ban?: boolean }
  | { readonly act: 'unban'; readonly userIds: readonly UserId[] }
  | { readonly act: 'transfer' | 'addAgain'; readonly userId: UserId }
  | { readonly act: 'rename'; readonly name: string }
  | { readonly act: 'topic'; readonly topic: string }
  /** `bytes` is in base64; null removes the picture. */
  | { readonly act: 'picture'; readonly bytes: string | null }
  | { readonly act: 'policies'; readonly policies: WantedPolicies }
  | { readonly act: 'leave'; readonly successor?: UserId; readonly id: MessageId }

/** Makes the change. @returns the number of messages that were shared; 0 for other changes. */
export async function actOnGroup(
  { groups }: Pick<Client, 'groups'>,
  id: ConversationId,
  change: GroupAct,
): Promise<number> {
  switch (change.act) {
    case 'share':
      return await groups.share(id, change.userIds, change.count, change.ids)
    case 'remove':
      await groups.remove(id, change.userIds, { ban: change.ban ?? false })
      return 0
    case 'unban':
      await groups.unban(id, change.userIds)
      return 0
    case 'transfer':
      await groups.transfer(id, change.userId)
      return 0
    case 'addAgain':
      await groups.addAgain(id, change.userId)
      return 0
    case 'rename':
      await groups.rename(id, change.name)
      return 0
    case 'topic':
      await groups.setTopic(id, change.topic)
      return 0
    case 'picture':
      await groups.setPicture(id, change.bytes === null ? undefined : Buffer.from(change.bytes, 'base64'))
      return 0
    case 'policies':
      await groups.setPolicies(id, change.policies)
      return 0
    case 'leave': {
      const { successor, id: messageId } = change
      await groups.leave(id, { messageId, ...(successor !== undefined && { successor }) })
      return 0
    }
  }
}
