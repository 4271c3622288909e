import type { Client } from '@fastchat/client'
import type { ConversationId } from '@fastchat/schema'
import type { GroupChange, GroupInfo } from './protocol.ts'

/** Returns what the panel of a group shows, and what this person may do there. */
export function groupInfoOf(client: Client, conversation: ConversationId): GroupInfo {
  const { record } = client.conversation(conversation)
  const me = client.identity.userId
  const present = record.members.filter(({ userId }) => !record.departed.includes(userId))
  const own = record.status === 'active' ? present.find(({ userId }) => userId === me)?.role : undefined
  const isAdmin = own === 'admin' || own === 'owner'
  const { add } = client.groups.policies(conversation)
  const heir = own === undefined ? undefined : client.groups.heir(conversation)
  return {
    members: present.map(({ userId, role }) => ({
      userId,
      role,
      name: client.pins.nameOf(userId),
      isMe: userId === me,
    })),
    isMember: own !== undefined,
    isAdmin,
    isOwner: own === 'owner',
    mayAdd: isAdmin || (own !== undefined && add === 'everybody'),
    ...(record.topic !== undefined && { topic: record.topic }),
    ...(heir !== undefined && { heir: client.pins.nameOf(heir) }),
  }
}

/** Does what a person asks for in the panel of a group. @throws {ClientError} {ServerError} */
export async function changeGroup(client: Client, conversation: ConversationId, change: GroupChange): Promise<void> {
  const { groups } = client
  switch (change.kind) {
    case 'add':
      await groups.add(conversation, change.users)
      return
    case 'remove':
      return await groups.remove(conversation, [change.userId])
    case 'promote':
      return await groups.promote(conversation, change.userId)
    case 'demote':
      return await groups.demote(conversation, change.userId)
    case 'transfer':
      return await groups.transfer(conversation, change.userId)
    case 'rename':
      return await groups.rename(conversation, change.name)
    case 'topic':
      return await groups.setTopic(conversation, change.topic)
    case 'leave': {
      const successor = groups.heir(conversation)
      return await groups.leave(conversation, { ...(successor !== undefined && { successor }) })
    }
  }
}
