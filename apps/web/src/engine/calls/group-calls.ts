import type { Client } from '@fastchat/client'
import type { ConversationId, MessageId, Role, UserId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'
import type { Person } from '../engine-state.ts'

export type Member = Person & { readonly role: Role; readonly isMe: boolean }

/** Who may add people to a group, and who may write in it. */
export type GroupRules = {
  readonly add: 'admins' | 'everybody'
  readonly write: 'admins' | 'everybody'
}

/** The members of a group, and what this person may do there. */
export type GroupInfo = {
  readonly members: readonly Member[]
  readonly isMember: boolean
  readonly isAdmin: boolean
  readonly isOwner: boolean
  readonly mayAdd: boolean
  readonly topic?: string
  readonly hasPicture: boolean
  readonly rules: GroupRules
  /** The people who may not be added again. */
  readonly banned: readonly Person[]
  /** This person can vote for a new admin: the accounts of the former ones are deleted. */
  readonly mayElect: boolean
  /** The name of the member who takes over when this person leaves. Absent when none has to. */
  readonly heir?: string
}

export type GroupChange =
  | { readonly kind: 'add'; readonly users: readonly UserId[]; readonly share: number }
  | { readonly kind: 'ban' | 'unban' | 'remove' | 'promote' | 'demote' | 'transfer'; readonly userId: UserId }
  | { readonly kind: 'rename'; readonly name: string }
  | { readonly kind: 'topic'; readonly topic: string }
  | { readonly kind: 'picture'; readonly picture?: Blob }
  | { readonly kind: 'rules'; readonly rules: Partial<GroupRules> }
  | { readonly kind: 'elect'; readonly id: MessageId }
  | { readonly kind: 'leave' }

export type GroupCalls = {
  groupInfo: { input: { conversation: ConversationId }; result: GroupInfo }
  changeGroup: { input: { conversation: ConversationId; change: GroupChange }; result: GroupInfo }
}

export const groupCalls = (client: Client): Handlers<GroupCalls> => ({
  groupInfo: async ({ conversation }) => await groupInfoOf(client, conversation),
  changeGroup: async ({ conversation, change }) => {
    await changeGroup(client, conversation, change)
    return await groupInfoOf(client, conversation)
  },
})

/** Returns what the panel of a group shows, and what this person may do there. */
async function groupInfoOf(client: Client, conversation: ConversationId): Promise<GroupInfo> {
  const { record } = client.conversation(conversation)
  const me = client.identity.userId
  const present = record.members.filter(({ userId }) => !record.departed.includes(userId))
  const own = record.status === 'active' ? present.find(({ userId }) => userId === me)?.role : undefined
  const isAdmin = own === 'admin' || own === 'owner'
  const rules = client.groups.policies(conversation)
  // Without an answer of the server, nothing is offered.
  const mayElect = isAdmin ? false : await client.groups.mayElect(conversation).catch(() => false)
  const heir = own === undefined ? undefined : client.groups.heir(conversation)
  return {
    members: present.map(({ userId, role }) => ({
      userId,
      role,
      name: client.pins.nameOf(userId),
      isMe: userId === me,
    })),
    ...{ rules, mayElect, hasPicture: record.picture !== undefined },
    banned: client.groups.bans(conversation).map((userId) => ({ userId, name: client.pins.nameOf(userId) })),
    isMember: own !== undefined,
    isAdmin,
    isOwner: own === 'owner',
    mayAdd: isAdmin || (own !== undefined && rules.add === 'everybody'),
    ...(record.topic !== undefined && { topic: record.topic }),
    ...(heir !== undefined && { heir: client.pins.nameOf(heir) }),
  }
}

/** Does what a person asks for in the panel of a group. @throws {ClientError} {ServerError} */
async function changeGroup(client: Client, conversation: ConversationId, change: GroupChange): Promise<void> {
  const { groups } = client
  switch (change.kind) {
    case 'add':
      await groups.add(conversation, change.users, { share: change.share })
      return
    case 'remove':
      return await groups.remove(conversation, [change.userId])
    case 'ban':
      return await groups.remove(conversation, [change.userId], { ban: true })
    case 'unban':
      return await groups.unban(conversation, [change.userId])
    case 'picture':
      return await groups.setPicture(conversation, change.picture && new Uint8Array(await change.picture.arrayBuffer()))
    case 'rules':
      return await groups.setPolicies(conversation, change.rules)
    case 'elect':
      await client.voteForNewAdmin(conversation, change.id)
      return
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
