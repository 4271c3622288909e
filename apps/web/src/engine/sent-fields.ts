import type { Entry } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { Line } from './line.ts'

type Names = { readonly me: UserId; nameOf(userId: UserId): string }

/**
 * Returns what a message says about itself: that it was forwarded, and whom it names. A name counts
 * only when the text has it, so a mention that nobody can see marks no message.
 */
export function sentFields(
  payload: Entry['payload'],
  { me, nameOf }: Names,
): Pick<Line, 'isForwarded' | 'mentions' | 'isForMe'> {
  if (payload?.kind !== 'text' && payload?.kind !== 'image' && payload?.kind !== 'file') return {}
  const text = (payload.kind === 'text' ? payload.text : (payload.caption ?? '')).toLowerCase()
  const named = (payload.mentions ?? []).filter((user) => text.includes(`@${nameOf(user).toLowerCase()}`))
  return {
    ...(payload.forwarded && { isForwarded: true as const }),
    ...(named.length > 0 && { mentions: named.map(nameOf) }),
    ...(named.includes(me) && { isForMe: true as const }),
  }
}
