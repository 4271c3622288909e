import type { SystemEvent } from '@fastchat/client'
import type { MessageId, SharedMessage, UserId } from '@fastchat/schema'

type GroupEvent = Extract<
  SystemEvent,
  { kind: 'owner' | 'banned' | 'unbanned' | 'policies' | 'topic' | 'picture' | 'shared' }
>

/** A past message that a member has shared, as --json prints it. */
export type SharedLine = {
  /** The username of the author, according to the member who shared it. */
  readonly from: string
  /** The time in ISO 8601, according to the member who shared it. */
  readonly at: string
  readonly text: string
  readonly id?: MessageId
}

/** The people of a line, in words. */
type People = { readonly who: string; readonly whom: string; readonly isMine: boolean; readonly isForMe: boolean }

/** Returns a change of a group's rules or profile in words. */
export function tellGroupEvent(event: GroupEvent, { who, whom, isMine, isForMe }: People): string {
  switch (event.kind) {
    case 'owner':
      return isForMe ? 'You own this group now' : `${whom} owns this group now`
    case 'banned':
      return `${who} banned ${whom}: nobody can add ${isForMe ? 'you' : 'them'} again until an admin lifts the ban`
    case 'unbanned':
      return `${who} lifted the ban of ${whom}`
    case 'policies':
      return policyWords(event.policies)
        .map((words) => `${who} decided: ${words}`)
        .join('. ')
    case 'topic':
      return event.topic === '' ? `${who} removed the topic` : `${who} set the topic: ${event.topic}`
    case 'picture':
      return event.isRemoved ? `${who} removed the picture of this group` : `${who} changed the picture of this group`
    case 'shared': {
      const count = event.count === 1 ? 'the last message' : `the last ${event.count} messages`
      if (!event.messages) return `${who} shared ${count} with ${whom}`
      const words = event.part === 1 ? `${who} shared ${count} with ${whom}` : 'More of the shared messages'
      return isMine ? words : `${words}. This is what was written according to ${who}:`
    }
  }
}

/** Returns who may add people, and who may write, as far as it is said. */
export function policyWords({ add, write }: Extract<GroupEvent, { kind: 'policies' }>['policies']): string[] {
  return [
    ...(add === undefined ? [] : [add === 'everybody' ? 'everybody may add people' : 'only admins may add people']),
    ...(write === undefined ? [] : [write === 'admins' ? 'only admins may write' : 'everybody may write']),
  ]
}

/** Returns shared messages for people. */
export const sharedLines = (messages: readonly SharedMessage[], nameOf: (userId: UserId) => string): SharedLine[] =>
  messages.map(({ from, at, text, id }) => ({ from: nameOf(from), at: timeOf(at), text, ...(id && { id }) }))

/** A member may write any number as the time. */
function timeOf(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? new Date(0).toISOString() : date.toISOString()
}
