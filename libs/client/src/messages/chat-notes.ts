import { type ConversationId, type MessageId, maxPins, type UserId } from '@fastchat/schema'
import { type Entry, getRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { isTimer, type Operation, type Power } from './operation.ts'

/** The last words about pins that are kept: as many ended pins as there may be pins. */
const maxPinWords = 2 * maxPins
/** The most operations that wait for their message, and the letters that they may take. */
const maxPending = 100
const maxPendingLetters = 256 * 1024

type Pin = { readonly target: MessageId; readonly seq: number; readonly by: UserId; readonly pinned: boolean }

/** Notes of what entries of the log have said about a chat as a whole. */
export type ChatNotes = {
  /** The last word about each message, oldest first. */
  readonly pins?: readonly Pin[]
  /**
   * The time after which new messages disappear, 0 for never. Without `by` this device has not read
   * who set it: it knows it from the messages of somebody who may set it.
   */
  readonly timer?: { readonly seconds: number; readonly seq: number; readonly by?: UserId }
  /** Operations whose message this device does not have, oldest first. */
  readonly pending?: readonly Operation[]
}

export const chatKey = (conversation: ConversationId): string => `chat/${conversation}`
export const notesKey = (conversation: ConversationId, id: MessageId): string => `${conversation}/${id}`

/** Returns the notes about a chat as a whole. */
export async function chatNotesOf(store: Pick<Store, 'get'>, conversation: ConversationId): Promise<ChatNotes> {
  return (await getRecord<ChatNotes>(store, 'annotations', chatKey(conversation))) ?? {}
}

/** Returns the notes of a chat after an operation that is about the chat. */
export function withChatOperation(notes: ChatNotes, { payload, power, seq, from }: Operation): ChatNotes {
  if (power === 'member') return notes
  if (payload.kind === 'timer') {
    const isOld = notes.timer?.by !== undefined && notes.timer.seq >= seq
    return isOld || !isTimer(payload.seconds) ? notes : { ...notes, timer: { seconds: payload.seconds, seq, by: from } }
  }
  if (payload.kind !== 'pin') return notes
  const { target, pinned } = payload
  const before = notes.pins ?? []
  if (before.some((pin) => pin.target === target && pin.seq >= seq)) return notes
  const pins = [...before.filter((pin) => pin.target !== target), { target, seq, by: from, pinned }]
  return { ...notes, pins: pins.toSorted((a, b) => a.seq - b.seq).slice(-maxPinWords) }
}

/** Returns the pinned messages, the last one first. Beyond the most there may be, the oldest go. */
export const pinsOf = ({ pins = [] }: ChatNotes): Pin[] =>
  pins
    .filter(({ pinned }) => pinned)
    .slice(-maxPins)
    .toReversed()

/**
 * Returns the notes after a message of somebody who may set the timer. Its time tells a device
 * that came later what the timer is.
 */
export function withMessage(notes: ChatNotes, { payload, seq }: Entry, power: Power): ChatNotes {
  const isKnown = notes.timer?.by !== undefined || (notes.timer?.seq ?? 0) >= seq
  if (isKnown || power === 'member') return notes
  const seconds = expiresOf(payload) ?? 0
  return seconds === (notes.timer?.seconds ?? 0) ? notes : { ...notes, timer: { seconds, seq } }
}

/** Returns the life of a message in seconds: the shorter of its time and the chat's. */
export function lifeOf({ timer }: ChatNotes, payload: Entry['payload']): number | undefined {
  const lives = [expiresOf(payload), timer?.seconds].filter((one) => one !== undefined && one > 0) as number[]
  return lives.length > 0 ? Math.min(...lives) : undefined
}

const expiresOf = (payload: Entry['payload']): number | undefined =>
  payload && 'expires' in payload ? payload.expires : undefined

/**
 * Returns the notes with an operation that waits for its message. The oldest ones go when there are
 * too many. Texts do not wait where messages disappear.
 */
export function withPending(notes: ChatNotes, operation: Operation): ChatNotes {
  const { payload, from } = operation
  if (payload.kind === 'edit' && (notes.timer?.seconds ?? 0) > 0) return notes
  const { target } = payload as { readonly target: MessageId }
  // A deletion ends the edits of the same user. Only its author's edits would count, too.
  const isEnded = (one: Operation) =>
    payload.kind === 'delete' && one.from === from && 'target' in one.payload && one.payload.target === target
  const before = (notes.pending ?? []).filter((one) => one.id !== operation.id && !isEnded(one))
  const pending = [...before, operation].slice(-maxPending)
  while (pending.length > 0 && JSON.stringify(pending).length > maxPendingLetters) pending.shift()
  return { ...notes, pending }
}

/** Takes the operations out that wait for a message. */
export function takePending(notes: ChatNotes, id: MessageId): { notes: ChatNotes; waiting: readonly Operation[] } {
  const isFor = ({ payload }: Operation) => 'target' in payload && payload.target === id
  const waiting = notes.pending?.filter(isFor) ?? []
  if (waiting.length === 0) return { notes, waiting }
  const { pending, ...rest } = notes
  const left = pending?.filter((one) => !isFor(one)) ?? []
  return { notes: left.length > 0 ? { ...rest, pending: left } : rest, waiting }
}
