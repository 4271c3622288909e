import {
  type ConversationRecord,
  type Entry,
  type ReceiptState,
  type SystemEvent,
  type TroubleCode,
  tellTrouble,
} from '@fastchat/client'
import type { ConversationId, DeviceId, MessageId, UserId } from '@fastchat/schema'
import { formatDuration } from '../text/duration.ts'
import { type SharedLine, sharedLines, tellGroupEvent } from './group-events.ts'
import { type MessageFields, messageFields, usersInAnnotations } from './message-line.ts'

/** The facts about a file that are shown. The key of the file stays in the store. */
export type FileInfo = {
  readonly name: string
  /** The size in bytes. */
  readonly size: number
  readonly mime: string
  /** The pixels of a picture. */
  readonly width?: number
  readonly height?: number
}

/**
 * One line of a conversation, as --json prints it. The fields are stable: fields may be added, and
 * none changes.
 */
export type TranscriptLine = MessageFields & {
  /** A `change` is about another message: it was edited, deleted, or got a reaction. */
  readonly type: 'message' | 'system' | 'gap' | 'change'
  readonly conversation: ConversationId
  /** The conversation, as people write it: @bob, #trip. */
  readonly chat: string
  /**
   * The kind of the line. Messages: text, image, file, deleted, unknown. Changes: edit, delete,
   * reaction. System lines: the event. Gaps: missing, unreadable.
   */
  readonly kind: string
  readonly seq: number
  /** The time in ISO 8601, by the server's clock. */
  readonly at: string
  readonly id?: MessageId
  /** The username of the author. */
  readonly from?: string
  /** The name that the author shows. It is a claim, and stands beside the username. */
  readonly displayName?: string
  /** The username of another person who has that display name. */
  readonly sameNameAs?: string
  readonly device?: DeviceId
  readonly text?: string
  /** How far a message of this user has come, by the word of the other members' devices. */
  readonly receipt?: ReceiptState
  readonly file?: FileInfo
  readonly caption?: string
  /** The stable code of a line whose `kind` is trouble. */
  readonly code?: TroubleCode
  /**
   * Past messages, as the member tells them who shared them. Their authors have signed nothing
   * here.
   */
  readonly shared?: readonly SharedLine[]
  /** The usernames of the people that the change is about. */
  readonly users?: readonly string[]
  /** The last position of a gap. */
  readonly to?: number
}

export type Names = {
  readonly me: UserId
  nameOf(userId: UserId): string
}

export function chatName(record: ConversationRecord, { nameOf }: Pick<Names, 'nameOf'>): string {
  if (record.kind === 'direct') return record.peer === undefined ? record.conversation : nameOf(record.peer)
  return record.name ?? record.conversation
}

/** Returns the users that the line of an entry names. */
export const usersIn = (entry: Entry): UserId[] => [
  ...(entry.from === undefined ? [] : [entry.from]),
  ...(entry.event && 'users' in entry.event ? entry.event.users : []),
  ...usersInAnnotations(entry),
  ...(entry.event?.kind === 'shared' ? (entry.event.messages ?? []).map((message) => message.from) : []),
]

export function toTranscriptLine(entry: Entry, record: ConversationRecord, names: Names): TranscriptLine {
  const { conversation, seq, id, device, from, payload, event } = entry
  const base = {
    conversation,
    chat: `${record.kind === 'direct' ? '@' : '#'}${chatName(record, names)}`,
    seq,
    at: new Date(entry.at).toISOString(),
    ...(id !== undefined && { id }),
    ...(from !== undefined && { from: names.nameOf(from) }),
    ...(device !== undefined && { device }),
  }
  if (entry.type === 'gap') {
    const text = 'Messages are missing here: the server has deleted them'
    return { type: 'gap', kind: 'missing', ...base, to: entry.to ?? seq, text }
  }
  if (entry.type === 'unreadable') {
    return { type: 'gap', kind: 'unreadable', ...base, to: seq, text: 'A message cannot be read on this device' }
  }
  if (event?.kind === 'not_in_backup') {
    const { kind, to } = event
    const text = to === seq ? `Message ${seq} is not in the backup` : `Messages ${seq}–${to} are not in the backup`
    return { type: 'gap', kind, ...base, to, text }
  }
  if (event) {
    const users = 'users' in event ? { users: event.users.map(names.nameOf) } : {}
    const code = event.kind === 'trouble' ? { code: event.code } : {}
    const shared =
      event.kind === 'shared' && event.messages ? { shared: sharedLines(event.messages, names.nameOf) } : {}
    const target = 'target' in event ? { target: event.target } : {}
    const text = tell(event, record, from, names)
    return { type: 'system', kind: event.kind, ...base, ...users, ...code, ...shared, ...target, text }
  }
  const more = messageFields(entry, names)
  if (entry.annotations?.deleted) return { type: 'message', kind: 'deleted', ...base, ...more, text: 'Message deleted' }
  if (payload?.kind === 'text') return { type: 'message', kind: 'text', ...base, ...more, text: payload.text }
  if (payload?.kind === 'image') {
    const { name, size, mime } = payload.file
    const file = { name, size, mime, width: payload.width, height: payload.height }
    const { caption } = payload
    return { type: 'message', kind: 'image', ...base, ...more, file, ...(caption !== undefined && { caption }) }
  }
  if (payload?.kind === 'file') {
    const { name, size, mime } = payload.file
    const { caption } = payload
    return {
      type: 'message',
      kind: 'file',
      ...base,
      ...more,
      file: { name, size, mime },
      ...(caption !== undefined && { caption }),
    }
  }
  return { type: 'message', kind: 'unknown', ...base, text: 'A newer version of FastChat is needed to show this' }
}

/** Returns the event in words. */
function tell(event: SystemEvent, record: ConversationRecord, from: UserId | undefined, names: Names): string {
  const called = (userId: UserId) => (userId === names.me ? 'you' : names.nameOf(userId))
  const who = from === undefined ? 'Somebody' : capital(called(from))
  const whom = 'users' in event ? listed(event.users.map(called)) : ''
  switch (event.kind) {
    case 'created':
      return record.kind === 'direct' ? 'This chat is encrypted from end to end' : `${who} created this group`
    case 'joined':
      if (record.kind === 'direct') return 'This chat is encrypted from end to end'
      return from === undefined || from === names.me ? 'This device joined' : `${who} joined`
    case 'invited':
      if (record.kind === 'direct') return 'This chat is encrypted from end to end'
      return `Invited by ${from === undefined ? 'somebody' : called(from)}`
    case 'added':
      return `${who} added ${whom}`
    case 'removed':
      return `${who} removed ${whom}`
    case 'promoted':
      return `${who} made ${whom} an admin`
    case 'demoted':
      return `${who} took the admin role from ${whom}`
    case 'owner':
    case 'banned':
    case 'unbanned':
    case 'policies':
    case 'topic':
    case 'picture':
    case 'shared':
      return tellGroupEvent(event, { who, whom, isMine: from === names.me, isForMe: isAbout(event, names.me) })
    case 'voted': {
      const what = event.office
        ? 'a new owner, since the owner has no account'
        : 'a new admin, since no admin has an account'
      return `${who} ${from === names.me ? 'vote' : 'votes'} for ${what}: ${event.votes} of ${event.needed} votes`
    }
    case 'elected': {
      const former = listed(event.removed.map(called))
      const [voters, office] = event.office ? ['admins', 'owner'] : ['members', 'admin']
      return `The ${voters} elected ${whom} as ${office}, and removed ${former}`
    }
    case 'left':
      return `${capital(whom)} left`
    case 'revoked':
      return from === names.me ? 'A device of yours was removed' : `${whom}’s device was removed`
    case 'named':
      return `${who} named this group ${event.name}`
    case 'pinned':
      return `${who} pinned a message`
    case 'unpinned':
      return `${who} unpinned a message`
    case 'timer':
      return event.seconds === 0
        ? `${who} let messages stay: new ones no longer disappear`
        : `${who} set new messages to disappear after ${formatDuration(event.seconds)}`
    case 'device':
      return from === names.me ? 'You use a new device' : `${who} uses a new device`
    case 'restarted':
      return 'Encryption was restarted in this chat'
    case 'restored':
      return event.lost
        ? 'The server was restored from a copy that does not have this chat: its history stays on this device'
        : 'The server was restored from a copy: messages may be missing here, those sent lately are sent again'
    case 'broken':
      return 'This chat has stopped: a change broke its rules. It goes on when an admin starts it again'
    case 'not_in_backup':
      return 'Messages here are not in the backup'
    case 'trouble':
      return tellTrouble(event, from && { name: names.nameOf(from), isMe: from === names.me })
  }
}

const isAbout = (event: SystemEvent, me: UserId): boolean => 'users' in event && event.users.includes(me)

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`

/** Capitalises "you" at the beginning. Usernames are lower case and stay so. */
const capital = (text: string): string => (text === 'you' || text.startsWith('you ') ? `Y${text.slice(1)}` : text)
