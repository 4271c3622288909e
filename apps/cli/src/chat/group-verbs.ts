import type { Client, ElectionState } from '@fastchat/client'
import type { ConversationId, MessageId, Role, UserId } from '@fastchat/schema'
import { actOnGroup, type GroupAct } from './group-act.ts'

type In = { readonly conversation: ConversationId }

/** The verbs of a device that make and change groups. */
export type GroupVerbs = {
  createGroup(args: In & { readonly name: string; readonly userIds: readonly UserId[] }): Promise<void>
  addMembers(args: In & { readonly userIds: readonly UserId[] }): Promise<void>
  removeMembers(args: In & { readonly userIds: readonly UserId[] }): Promise<void>
  setRole(args: In & { readonly userId: UserId; readonly role: Role }): Promise<void>
  /**
   * Votes to replace the admins. Resolves once the vote is read, and the election made if it is
   * due.
   */
  vote(args: In & { readonly id: MessageId }): Promise<ElectionState>
  leave(args: In & { readonly id: MessageId }): Promise<void>
  /** Makes a change of a group. Returns the number of messages that were shared. */
  group(args: In & GroupAct): Promise<number>
  /** Returns the picture of a group in base64. Null: it has none. */
  picture(args: In): Promise<string | null>
}

export const isGroupVerb: Readonly<Record<keyof GroupVerbs, true>> = {
  createGroup: true,
  addMembers: true,
  removeMembers: true,
  setRole: true,
  vote: true,
  leave: true,
  group: true,
  picture: true,
}

/**
 * Returns these verbs on the device of this process.
 * @param served connects, and runs work that needs a pod
 */
export function groupVerbs(client: Client, served: <T>(work: Promise<T>) => Promise<T>): GroupVerbs {
  return {
    async createGroup({ conversation, name, userIds }) {
      const { outbox } = await served(client.createGroup(name, userIds, conversation))
      // The other members learn the group's name from a message, so this waits until it is stored.
      await served(Promise.all([...outbox.records.keys()].map((id) => outbox.whenStored(id))))
    },
    async addMembers({ conversation, userIds }) {
      await served(client.addMembers(conversation, userIds))
    },
    async removeMembers({ conversation, userIds }) {
      await served(client.removeMembers(conversation, userIds))
    },
    async setRole({ conversation, userId, role }) {
      await served(client.setRole(conversation, userId, role))
    },
    vote: async ({ conversation, id }) => await served(client.voteForNewAdmin(conversation, id)),
    async leave({ conversation, id }) {
      const found = client.conversation(conversation)
      if (found.record.status === 'left') return
      await found.leave(id)
    },
    async group({ conversation, ...change }) {
      const isDone = change.act === 'leave' && client.conversation(conversation).record.status === 'left'
      return isDone ? 0 : await served(actOnGroup(client, conversation, change))
    },
    async picture({ conversation }) {
      const bytes = await client.groups.picture(conversation)
      return bytes ? Buffer.from(bytes).toString('base64') : null
    },
  }
}
