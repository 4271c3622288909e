import { type Annotation, annotationPayloads, type MessageId, minTimerSeconds, type UserId } from '@fastchat/schema'
import type { ConversationRecord, Entry, SystemEvent } from '../store/records.ts'

/**
 * The power of a user at one position of the log, by the roster there. Either user of a direct chat
 * has the power over pins and the timer.
 */
export type Power = 'admin' | 'peer' | 'member'

/** An entry of the log that changes how a message is shown, or the chat. */
export type Operation = {
  readonly id: MessageId
  readonly seq: number
  readonly at: number
  readonly from: UserId
  readonly power: Power
  readonly payload: Annotation
}

/** Returns whether a payload changes how another message is shown, or the chat. */
export const isAnnotation = (payload: Entry['payload']): payload is Annotation =>
  payload !== undefined && Object.hasOwn(annotationPayloads, payload.kind)

/** Returns the power of a user by the roster of a record. */
export function powerOf({ kind, members }: Pick<ConversationRecord, 'kind' | 'members'>, user: UserId): Power {
  const role = members.find(({ userId }) => userId === user)?.role
  if (role === undefined) return 'member'
  return kind === 'direct' ? 'peer' : role === 'member' ? 'member' : 'admin'
}

/** Returns whether a timer has a lawful length: none, or half a minute to a year. */
export const isTimer = (seconds: number): boolean => seconds === 0 || seconds >= minTimerSeconds

/**
 * Returns the line that tells all members of a change of the chat. Other changes, and those that
 * their author may not make, have none.
 */
function eventOf({ power, payload }: Operation): SystemEvent | undefined {
  if (power === 'member') return undefined
  if (payload.kind === 'pin') return { kind: payload.pinned ? 'pinned' : 'unpinned', target: payload.target }
  if (payload.kind === 'timer' && isTimer(payload.seconds)) return { kind: 'timer', seconds: payload.seconds }
  return undefined
}

/** Returns the line of an entry, and the operation that it is. Its contents are not in the line. */
export function readOperation(
  record: ConversationRecord,
  { payload, ...base }: Entry & { readonly payload: Annotation },
): { readonly line: Entry; readonly operation?: Operation } {
  const { id, from, seq, at } = base
  const mark: Entry = { ...base, type: 'mark', ...('target' in payload && { change: changeOf(payload) }) }
  if (id === undefined || from === undefined) return { line: mark }
  const operation: Operation = { id, seq, at, from, power: powerOf(record, from), payload }
  const event = eventOf(operation)
  return { line: event ? { ...base, type: 'system', event } : mark, operation }
}

const changeOf = ({ kind, target }: Exclude<Annotation, { kind: 'timer' }>): NonNullable<Entry['change']> => ({
  kind,
  target,
})
