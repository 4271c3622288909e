import type { Annotations, ConversationRecord, Entry, OutboxRecord, ReceiptState, SystemEvent } from '@fastchat/client'
import type { UserId } from '@fastchat/schema'
import type { Line } from './protocol.ts'

export type Names = {
  readonly me: UserId
  nameOf(userId: UserId): string
  stateAt(seq: number): ReceiptState
}

/** Returns the line of an entry of the history. */
export function lineOf(entry: Entry, { me, nameOf, stateAt }: Names): Line {
  const { seq, at, id, from, payload, annotations } = entry
  const isOwn = from === me
  const base = {
    ...{ key: id ?? `${entry.type}/${seq}/${entry.event?.kind ?? ''}`, seq, at, isOwn },
    ...(id !== undefined && { id }),
    ...(from !== undefined && { from, name: nameOf(from) }),
  }
  if (entry.event) return { ...base, ...eventFields(entry.event, nameOf), kind: 'system' }
  if (entry.type === 'gap' || entry.type === 'unreadable') return { ...base, kind: 'gap', text: entry.type }
  const sent: Omit<Line, 'kind' | 'text'> = {
    ...base,
    ...(isOwn && { state: stateAt(seq) }),
    ...annotationFields(annotations ?? {}, { me, nameOf }),
  }
  if (annotations?.deleted) return { ...sent, kind: 'deleted', text: '' }
  if (payload?.kind === 'text')
    return { ...sent, kind: 'text', text: payload.text, ...(annotations?.edited && { isEdited: true as const }) }
  if (payload?.kind === 'image' || payload?.kind === 'file') return { ...sent, kind: 'file', text: payload.file.name }
  return { ...sent, kind: 'unknown', text: '' }
}

/** Returns the line of a message that the log does not show yet, or undefined for one without. */
export function lineOfQueued(
  { id, payload, queuedAt, stored }: OutboxRecord,
  me: UserId,
  name: string,
): Line | undefined {
  if (payload.kind !== 'text') return undefined
  const state = stored ? 'stored' : 'queued'
  return {
    key: id,
    kind: 'text',
    at: stored?.at ?? queuedAt,
    id,
    from: me,
    name,
    isOwn: true,
    text: payload.text,
    state,
  }
}

function annotationFields(
  { quote, reactions }: Annotations,
  { me, nameOf }: Pick<Names, 'me' | 'nameOf'>,
): Pick<Line, 'replyTo' | 'reactions'> {
  const replyTo = quote && {
    ...{ id: quote.id, kind: quote.kind },
    ...(quote.from !== undefined && { name: nameOf(quote.from) }),
    ...(quote.text !== undefined && { text: quote.text }),
  }
  const given = reactions?.map(({ emoji, users }) => ({ emoji, names: users.map(nameOf), isMine: users.includes(me) }))
  return { ...(replyTo && { replyTo }), ...(given && { reactions: given }) }
}

function eventFields(event: SystemEvent, nameOf: Names['nameOf']): Pick<Line, 'text' | 'about'> {
  if (event.kind === 'trouble') return { text: `trouble/${event.code}` }
  if (event.kind === 'named') return { text: 'named', about: [event.name] }
  if (event.kind === 'topic') return { text: 'topic', about: [event.topic] }
  if ('users' in event) return { text: event.kind, about: event.users.map(nameOf) }
  return { text: event.kind }
}

/** Returns the name of a chat for its list. Undefined: the group's name is not known yet. */
export const titleOf = (record: ConversationRecord, nameOf: Names['nameOf']): string | undefined =>
  record.kind === 'direct' ? record.peer && nameOf(record.peer) : record.name
