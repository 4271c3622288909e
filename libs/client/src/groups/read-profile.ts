import { isAdmin } from '@fastchat/crypto/verify'
import { type Payload, shownLabel, topicOf } from '@fastchat/schema'
import type { ReadResult, Snapshot } from '../conversation/read-result.ts'
import type { ConversationRecord, Entry, SystemEvent } from '../store/records.ts'
import { pictureHash, pictureWrite, readPicture } from './picture.ts'

type Profile = Extract<Payload, { kind: 'profile' }>

/**
 * Reads an announcement of a group's name, topic and picture. Only an admin, at that position of
 * the log, may change them. A member's announcement counts while this device knows no name: it is
 * how an added device learns it. One that repeats what is known is silent; another one is refused
 * by a line, and an admin's device announces the profile again.
 */
export function readProfile(
  { record, group }: Snapshot & { readonly group: NonNullable<Snapshot['group']> },
  entry: Entry,
  profile: Profile,
): ReadResult {
  const { id: _, payload: __, ...base } = entry
  const mayChange = entry.from !== undefined && group.roster.kind === 'group' && isAdmin(group.roster, entry.from)
  const isFirst = record.name === undefined && group.roster.kind === 'group'
  const change = changeBy(record, profile)
  if (mayChange || isFirst) {
    const next = { ...change.record, profileSeq: entry.seq }
    // A device that learns the name learns the rest with it: one line is enough.
    const events = isFirst ? change.events.filter(({ kind }) => kind === 'named') : change.events
    const entries = events.map((event): Entry => ({ ...base, type: 'system', event }))
    return { record: next, group, entries, ...(change.writes && { writes: change.writes }) }
  }
  if (change.events.length === 0 || group.roster.kind === 'direct') return { record, group, entries: [] }
  const line: Entry = { ...base, type: 'system', event: { kind: 'trouble', code: 'profile_refused' } }
  return { record, group, entries: [line], alarms: [line], isFalseProfile: true }
}

type Change = {
  readonly record: ConversationRecord
  readonly events: readonly SystemEvent[]
  readonly writes?: ReadResult['writes']
}

function changeBy(before: ConversationRecord, profile: Profile): Change {
  const events: SystemEvent[] = []
  // Another client may have written the name. A name without visible characters is ignored.
  const name = shownLabel(profile.name) ?? before.name
  if (name !== undefined && name !== before.name) events.push({ kind: 'named', name })
  const { topic: known, picture: hash, ...rest } = { ...before, ...(name !== undefined && { name }) }
  const topic = profile.topic === undefined ? known : shownTopic(profile.topic)
  if (topic !== known) events.push({ kind: 'topic', topic: topic ?? '' })
  const bytes = profile.picture === undefined ? undefined : readPicture(profile.picture)
  const isRemoved = profile.picture === ''
  const picture = bytes ? pictureHash(bytes) : isRemoved ? undefined : hash
  if (picture !== hash) events.push({ kind: 'picture', ...(picture === undefined && { isRemoved: true as const }) })
  const record = { ...rest, ...(topic !== undefined && { topic }), ...(picture !== undefined && { picture }) }
  return { record, events, ...(picture !== hash && { writes: [pictureWrite(before.conversation, bytes)] }) }
}

const shownTopic = (written: string): string | undefined => topicOf(written) || undefined
