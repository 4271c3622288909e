import type { Client } from '@fastchat/client'
import type { ConversationId, Role, UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Person } from '../engine-state.ts'

export type Member = Person & { readonly role: Role; readonly isMe: boolean }

/** The members of a group, and what this person may do there. */
export type GroupInfo = {
  readonly members: readonly Member[]
  readonly isMember: boolean
  readonly isAdmin: boolean
  readonly isOwner: boolean
  readonly mayAdd: boolean
  readonly topic?: string
  /** The name of the member who takes over when this person leaves. Absent when none has to. */
  readonly heir?: string
}

export type GroupChange =
  | { readonly kind: 'add'; readonly users: readonly UserId[] }
  | { readonly kind: 'remove' | 'promote' | 'demote' | 'transfer'; readonly userId: UserId }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'leave' }

export type GroupCalls = {
  groupInfo: { input: { conversation: ConversationId }; result: GroupInfo }
  changeGroup: { input: { conversation: ConversationId; change: GroupChange }; result: GroupInfo }
}

export const groupCalls = (client: Client): Handlers<GroupCalls> => ({
  groupInfo: async ({ conversation }) => groupInfoOf(client, conversation),
  changeGroup: async ({ conversation, change }) => {
    await changeGroup(client, conversation, change)
    return groupInfoOf(client, conversation)
  },
})

/** Returns what the panel of a group shows, and what this person may do there. */
function groupInfoOf(client: Client, conversation: ConversationId): GroupInfo {
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
async function changeGroup(client: Client, conversation: ConversationId, change: GroupChange): Promise<void> {
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
