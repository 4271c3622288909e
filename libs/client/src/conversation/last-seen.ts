import { rosterOfHead, withRoster } from '../groups/roster-of-record.ts'
import type { Context } from './context.ts'
import type { Snapshot } from './read-result.ts'

/**
 * Returns the conversation as this person last saw it. A device without a state of the group takes
 * the one that another device of the account has stored.
 */
export function lastSeen({ headOf }: Pick<Context, 'headOf'>, snapshot: Snapshot): Snapshot {
  const head = headOf(snapshot.record.conversation)
  if (snapshot.group || snapshot.record.lawful || !head) return snapshot
  const { groupNo, epoch } = head
  return { ...snapshot, record: { ...withRoster(snapshot.record, rosterOfHead(head)), lawful: { groupNo, epoch } } }
}
