import type { Payload, UserId } from '@fastchat/schema'
import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { Entry, SystemEvent } from '../store/records.ts'

type Shared = Extract<Payload, { kind: 'shared' }>

/**
 * Reads past messages that a member shares with new members. The devices of those keep them, as
 * that member tells them: the authors have signed nothing here. Other devices keep one line.
 */
export function readShared({ record, group }: Snapshot, entry: Entry, shared: Shared, me: UserId): ReadResult {
  const { id: _, payload: __, ...base } = entry
  const { to: users, count, part, messages } = shared
  const isForMe = users.includes(me)
  if (!isForMe && part > 1) return { record, group, entries: [] }
  const event: SystemEvent = { kind: 'shared', users, count, part, ...(isForMe && { messages }) }
  return { record, group, entries: [{ ...base, type: 'system', event }] }
}
