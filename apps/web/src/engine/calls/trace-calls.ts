import type { Client } from '@fastchat/client'
import type { ConversationId, MessageId } from '@fastchat/schema'
import type { Handlers } from '../call.ts'

/** One wording of a message. */
export type Wording = { readonly at: number; readonly text: string }

/** A member, and how far its devices have a message. */
export type MemberTrace = { readonly name: string; readonly state: 'stored' | 'delivered' | 'read' }

/** The wordings of a message, oldest first, and how far it has got. */
export type MessageTrace = {
  readonly wordings: readonly Wording[]
  /** Absent for a message of somebody else, and while this person's receipts are off. */
  readonly members?: readonly MemberTrace[]
}

export type TraceCalls = {
  traceMessage: { input: { id: MessageId }; result: MessageTrace }
  /** Sends a message to another chat, marked as forwarded. */
  forward: { input: { source: MessageId; to: ConversationId; id: MessageId } }
  /** Returns the names of the other members of a chat, in order. */
  memberNames: { input: { conversation: ConversationId }; result: readonly string[] }
}

export const traceCalls = (client: Client): Handlers<TraceCalls> => ({
  traceMessage: async ({ id }) => await traceOf(client, id),
  forward: async ({ source, to, id }) => await client.messages.forward(source, to, { id }),
  memberNames: async ({ conversation }) => {
    const { members } = client.conversation(conversation).record
    const others = members.filter(({ userId }) => userId !== client.identity.userId)
    return others.map(({ userId }) => client.pins.nameOf(userId)).toSorted((a, b) => a.localeCompare(b))
  },
})

async function traceOf(client: Client, id: MessageId): Promise<MessageTrace> {
  const { conversation, seq, from } = await client.entry(id)
  const wordings = await client.messages.versions(id)
  if (from !== client.identity.userId) return { wordings }
  const told = client.signals.receipts.at(conversation, seq)
  const members = told.map(({ user, state }): MemberTrace => {
    return { name: client.pins.nameOf(user), state: state === 'none' ? 'stored' : state }
  })
  return { wordings, ...(members.length > 0 && { members }) }
}
