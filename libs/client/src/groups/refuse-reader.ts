import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { Entry } from '../store/records.ts'
import { maySend } from './may-send.ts'

/**
 * Returns the result of a message by a member who may only read, or undefined for other messages.
 * It adds a line and hides the message. An honest server rejects it, unless the member's app calls
 * it one of those that readers may send. Those pass: see `maySend`.
 */
export function refusedReader({ record, group }: Snapshot, entry: Entry): ReadResult | undefined {
  const { from, payload } = entry
  if (!group || from === undefined || maySend(group.roster, from, payload?.kind)) return undefined
  const { id: _, payload: __, ...base } = entry
  const line: Entry = { ...base, type: 'system', event: { kind: 'trouble', code: 'read_only_sender' } }
  return { record, group, entries: [line], alarms: [line] }
}
