import type {
  Annotations,
  Client,
  ConversationRecord,
  Entry,
  FailedRecord,
  OutboxRecord,
  OutgoingFileInfo,
  PictureFields,
  ReceiptState,
} from '@fastchat/client'
import { type ConversationId, editableForMs, fromBase64Url, type Payload, type UserId } from '@fastchat/schema'
import type { Line, LineFile } from './line.ts'
import { lineEvent } from './line-event.ts'
import { sentFields } from './sent-fields.ts'

export type Names = {
  readonly me: UserId
  nameOf(userId: UserId): string
  stateAt(seq: number): ReceiptState
}

/** Returns who is who in a conversation, and how far messages have got. */
export const namesOf = (client: Client, conversation: ConversationId): Names => ({
  me: client.identity.userId,
  nameOf: (userId) => client.pins.nameOf(userId),
  stateAt: (seq) => client.signals.receipts.stateAt(conversation, seq),
})

/** Returns the line of an entry of the history. */
export function lineOf(entry: Entry, { me, nameOf, stateAt }: Names): Line {
  const { seq, at, id, from, payload, annotations } = entry
  const isOwn = from === me
  const base: Omit<Line, 'kind' | 'text'> = {
    ...{ key: id ?? `${entry.type}/${seq}/${entry.event?.kind ?? ''}`, seq, at, isOwn },
    ...(id !== undefined && { id }),
    ...(from !== undefined && { from, name: nameOf(from) }),
    ...(entry.expiresAt !== undefined && { expiresAt: entry.expiresAt }),
  }
  if (entry.event)
    return { ...base, kind: 'system', text: entry.event.kind, event: lineEvent(entry.event, { me, nameOf }) }
  if (entry.type === 'gap' || entry.type === 'unreadable') return { ...base, kind: 'gap', text: entry.type }
  const sent: Omit<Line, 'kind' | 'text'> = {
    ...base,
    ...(isOwn && { state: stateAt(seq) }),
    ...annotationFields(annotations ?? {}, { me, nameOf }),
    ...sentFields(payload, { me, nameOf }),
  }
  if (annotations?.deleted) return { ...sent, kind: 'deleted', text: '' }
  if (payload?.kind === 'text')
    return {
      ...{ ...sent, kind: 'text', text: payload.text },
      ...(annotations?.edited && { isEdited: true as const }),
      ...(isOwn && { editableUntil: at + editableForMs }),
    }
  if (payload?.kind === 'image' || payload?.kind === 'file') return { ...sent, ...fileFields(payload) }
  return { ...sent, kind: 'unknown', text: '' }
}

/** Returns the line of a message that the log does not show yet, or undefined for one without. */
export function lineOfQueued(
  { id, payload, queuedAt, stored }: OutboxRecord,
  me: UserId,
  name: string,
): Line | undefined {
  const fields = fieldsOfUnread(payload)
  const state = stored ? 'stored' : 'queued'
  return fields && { key: id, at: stored?.at ?? queuedAt, id, from: me, name, isOwn: true, state, ...fields }
}

/** Returns the line of a message that could not be sent. */
export function lineOfFailed(
  { id, payload, queuedAt, code }: FailedRecord,
  me: UserId,
  name: string,
): Line | undefined {
  const fields = fieldsOfUnread(payload)
  return fields && { key: id, at: queuedAt, id, from: me, name, isOwn: true, state: 'failed', failure: code, ...fields }
}

/** Returns the line of a file whose message is not queued yet. */
export const lineOfFile = (
  { id, name: file, mime, size, caption = '', queuedAt, picture }: OutgoingFileInfo,
  me: UserId,
  name: string,
): Line => ({
  ...{ key: id, at: queuedAt, id, from: me, name, isOwn: true, state: 'queued', kind: 'file', text: caption },
  file: { name: file, size, mime, ...(picture && { picture: pictureOf(picture) }) },
})

function fieldsOfUnread(payload: Payload): Pick<Line, 'kind' | 'text' | 'file'> | undefined {
  if (payload.kind === 'text') return { kind: 'text', text: payload.text }
  return payload.kind === 'image' || payload.kind === 'file' ? fileFields(payload) : undefined
}

type PicturePayload = Extract<Payload, { kind: 'image' }>
type FilePayload = PicturePayload | Extract<Payload, { kind: 'file' }>

function annotationFields(
  { quote, reactions, isPinned }: Annotations,
  { me, nameOf }: Pick<Names, 'me' | 'nameOf'>,
): Pick<Line, 'replyTo' | 'reactions' | 'isPinned'> {
  const replyTo = quote && {
    ...{ id: quote.id, kind: quote.kind },
    ...(quote.seq !== undefined && { seq: quote.seq }),
    ...(quote.from !== undefined && { name: nameOf(quote.from) }),
    ...(quote.text !== undefined && { text: quote.text }),
  }
  const given = reactions?.map(({ emoji, users }) => ({ emoji, names: users.map(nameOf), isMine: users.includes(me) }))
  return { ...(replyTo && { replyTo }), ...(given && { reactions: given }), ...(isPinned && { isPinned }) }
}

/** Returns the fields of a message with a file. A caption is its text. */
function fileFields(payload: FilePayload): Pick<Line, 'kind' | 'text' | 'file'> {
  const { caption = '', file } = payload
  const { name, size, mime } = file
  if (payload.kind === 'file') return { kind: 'file', text: caption, file: { name, size, mime } }
  return { kind: 'file', text: caption, file: { name, size, mime, picture: pictureOf(payload) } }
}

const pictureOf = ({ width, height, thumbnail }: PictureFields): NonNullable<LineFile['picture']> => ({
  ...{ width, height },
  ...(thumbnail !== undefined && { thumbnail: fromBase64Url(thumbnail) }),
})

/** Returns the name of a chat for its list. Undefined: the group's name is not known yet. */
export const titleOf = (record: ConversationRecord, nameOf: Names['nameOf']): string | undefined =>
  record.kind === 'direct' ? record.peer && nameOf(record.peer) : record.name
