import { mayWrite } from '@fastchat/crypto/verify'
import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { Entry } from '../store/records.ts'

/**
 * Returns the result of a message by a member who may only read, or undefined for other messages.
 * An honest server rejects it. It adds a line and hides the message. A vote is let through: members
 * vote when no admin has an account.
 */
export function refusedReader({ record, group }: Snapshot, entry: Entry): ReadResult | undefined {
  const { from, payload } = entry
  if (!group || from === undefined || payload?.kind === 'vote' || mayWrite(group.roster, from)) return undefined
  const { id: _, payload: __, ...base } = entry
  const line: Entry = { ...base, type: 'system', event: { kind: 'trouble', code: 'read_only_sender' } }
  return { record, group, entries: [line], alarms: [line] }
}
