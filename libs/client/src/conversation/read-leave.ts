import type { Group } from '@fastchat/crypto'
import { fromBase64Url, type LogEntry } from '@fastchat/schema'
import type { Entry } from '../store/records.ts'
import { attributed } from './attributed.ts'
import type { Context } from './context.ts'
import { leaverIn } from './departures.ts'
import type { ReadResult, Snapshot } from './read-result.ts'

/**
 * Reads a leave statement. A statement that another device signed, or about another state of the
 * group, has no effect.
 */
export async function readLeave(
  context: Context,
  { record, group }: Snapshot & { group: Group },
  entry: LogEntry,
): Promise<ReadResult> {
  const { conversation, seq, at } = entry
  const signer = await leaverIn(fromBase64Url(entry.envelope ?? ''), group.publicGroup, context)
  if (signer === undefined) return { record, group, entries: [] }
  const { userId: leaver } = signer
  const line: Entry = { conversation, seq, at, type: 'system', from: leaver, event: { kind: 'left', users: [leaver] } }
  const isMe = leaver === context.identity.userId
  return {
    record: {
      ...record,
      departed: [...new Set([...record.departed, leaver])],
      ...(isMe && { status: 'left' as const }),
    },
    group,
    ...(isMe && { isOut: true }),
    ...attributed([line], signer, entry),
  }
}
