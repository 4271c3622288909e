import {
  type AccountStateContents,
  AccountStateContentsSchema,
  type ConversationId,
  type Head,
  type SharedPin,
} from '@fastchat/schema'
import { Compile } from 'typebox/compile'

/** `conflicts`: conversations whose groups are different ones at the same place. */
export type Merged = { readonly state: AccountStateContents; readonly conflicts: readonly ConversationId[] }

export const emptyContents: AccountStateContents = { v: 1, pins: {}, heads: {} }

const form = Compile(AccountStateContentsSchema)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Returns the contents as JSON with keys in one order, so that equal contents are equal bytes. */
export const encodeContents = (contents: AccountStateContents): Uint8Array =>
  encoder.encode(JSON.stringify(contents, inOneOrder))

/**
 * Reads contents that a device of this account has sealed. Fields that this version does not know stay.
 *
 * @throws {RangeError} when they are of another form
 */
export function decodeContents(bytes: Uint8Array): AccountStateContents {
  const value = parse(bytes)
  if (!form.Check(value)) throw new RangeError('an account state of a form that this version does not know')
  return value
}

/**
 * Returns both put together; nothing that either knows is lost. Where the two disagree about a user, or about a group at one place, the first
 * one's word is kept; of two places the later one, and of two names the one that was announced later.
 */
export function mergeContents(first: AccountStateContents, second: AccountStateContents): Merged {
  const conflicts: ConversationId[] = []
  const pins: Record<string, SharedPin> = { ...first.pins }
  for (const [userId, pin] of Object.entries(second.pins)) {
    const known = first.pins[userId]
    const isOtherKey = known?.accountKey !== undefined && (pin.accountKey ?? known.accountKey) !== known.accountKey
    if (!isOtherKey) pins[userId] = { ...pin, ...known }
  }
  const heads: Record<string, Head> = { ...first.heads }
  for (const [conversation, head] of Object.entries(second.heads)) {
    const known = first.heads[conversation]
    const order = known ? comparePlaces(head, known) : 1
    heads[conversation] = withProfile(order > 0 || !known ? head : known, laterProfile(known?.profile, head.profile))
    // The form has checked the keys.
    if (order === 0 && head.contextHash !== known?.contextHash) conflicts.push(conversation as ConversationId)
  }
  return { state: { ...second, ...first, pins, heads }, conflicts }
}

const laterProfile = (first: Head['profile'], second: Head['profile']): Head['profile'] =>
  second && (!first || second.seq > first.seq) ? second : first

const withProfile = (head: Head, profile: Head['profile']): Head => (profile ? { ...head, profile } : head)

/** A moment in the life of a conversation. */
export type Place = { readonly groupNo: number; readonly epoch: number }

/** Above 0: `a` comes later in the life of the conversation. */
export const comparePlaces = (a: Place, b: Place): number => a.groupNo - b.groupNo || a.epoch - b.epoch

/** Whether the two say the same. */
export function sameContents(a: AccountStateContents, b: AccountStateContents): boolean {
  const [left, right] = [encodeContents(a), encodeContents(b)]
  return left.length === right.length && left.every((byte, at) => byte === right[at])
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes))
  } catch (cause) {
    throw new RangeError('an account state that is no JSON', { cause })
  }
}

function inOneOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
