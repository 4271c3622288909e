import type { Group } from '@fastchat/crypto'
import { fromBase64Url, type LogEntry } from '@fastchat/schema'
import type { Context } from './context.ts'
import { departureIn } from './departures.ts'
import type { Reading, View } from './read-entry.ts'

/** Somebody's signed word that they leave; one that is not theirs, or not about this group as it is now, says nothing. */
export async function readLeave(
  context: Context,
  { record, group }: View & { group: Group },
  entry: LogEntry,
): Promise<Reading> {
  const { conversation, seq, at } = entry
  const leaver = await departureIn(fromBase64Url(entry.envelope ?? ''), group.publicGroup, context)
  if (leaver === undefined) return { record, group, entries: [] }
  const isMe = leaver === context.identity.userId
  return {
    record: {
      ...record,
      departed: [...new Set([...record.departed, leaver])],
      ...(isMe && { status: 'left' as const }),
    },
    group,
    ...(isMe && { isOut: true }),
    entries: [{ conversation, seq, at, type: 'system', from: leaver, event: { kind: 'left', users: [leaver] } }],
  }
}
