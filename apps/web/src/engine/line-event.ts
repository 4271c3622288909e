import type { SystemEvent } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { LineEvent } from './line.ts'

type People = { readonly me: UserId; nameOf(userId: UserId): string }

/** Returns an event with the names of the people in it. */
export function lineEvent(event: SystemEvent, { me, nameOf }: People): LineEvent {
  const users = 'users' in event ? event.users : []
  const messages = event.kind === 'shared' ? event.messages : undefined
  return {
    event,
    whom: users.map(nameOf),
    isForMe: users.includes(me),
    ...(event.kind === 'elected' && { removed: event.removed.map(nameOf) }),
    ...(messages && { shared: messages.map(({ from, text }) => ({ name: nameOf(from), text })) }),
  }
}
