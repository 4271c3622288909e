import {
  type AccountStateContents,
  AccountStateContentsSchema,
  type BackupHead,
  type ConversationId,
  formOf,
  type Head,
  type SharedPin,
} from '@fastchat/schema'
import { compareGroupEpochs } from '../group-epoch.ts'
import { type Decisions, mergeDecisions, sharedDecisions } from '../people/decisions.ts'

/**
 * The result of a merge. `conflicts` names the conversations with two different groups at the same
 * epoch.
 */
export type Merged = { readonly state: AccountStateContents; readonly conflicts: readonly ConversationId[] }

export const emptyContents: AccountStateContents = { v: 1, pins: {}, heads: {} }

const form = formOf(AccountStateContentsSchema)
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Returns the contents as JSON with sorted keys, so that equal contents are equal bytes. */
export const encodeContents = (contents: AccountStateContents): Uint8Array =>
  encoder.encode(JSON.stringify(contents, inOneOrder))

/**
 * Reads contents that a device of this account has sealed. Unknown fields stay.
 *
 * @throws {RangeError} when the contents have another form
 */
export function decodeContents(bytes: Uint8Array): AccountStateContents {
  const value = parse(bytes)
  if (!form.accepts(value)) throw new RangeError('an account state of a form that this version does not know')
  return value
}

/**
 * Returns both contents merged, without losing anything. On a conflict about a user, or about a
 * group at one epoch, the first contents win. Of two epochs the later one is kept, of two names
 * the one that was announced later, and of two decisions the one with the higher number. A key that
 * was accepted knowingly replaces the pinned one.
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
    const order = known ? compareGroupEpochs(head, known) : 1
    heads[conversation] = withProfile(order > 0 || !known ? head : known, laterProfile(known?.profile, head.profile))
    // The cast holds because the form has checked the keys.
    if (order === 0 && head.contextHash !== known?.contextHash) conflicts.push(conversation as ConversationId)
  }
  const decisions = sharedDecisions(mergeDecisions(first, second))
  const backup = laterBackup(first.backup, second.backup)
  const state = {
    ...{ ...second, ...first, heads, ...decisions },
    pins: withAcceptedKeys(pins, decisions),
    ...(backup && { backup }),
  }
  return { state, conflicts }
}

/** Returns the pins, with the keys that a person has accepted in place of earlier ones. */
export function withAcceptedKeys(
  pins: Readonly<Record<string, SharedPin>>,
  { people = {} }: Partial<Decisions>,
): Record<string, SharedPin> {
  const accepted = Object.entries(people).flatMap(([userId, { acceptedKey }]) => {
    const pin = pins[userId]
    return acceptedKey && pin ? [[userId, { ...pin, accountKey: acceptedKey.key }] as const] : []
  })
  return { ...pins, ...Object.fromEntries(accepted) }
}

const laterBackup = (first?: BackupHead, second?: BackupHead): BackupHead | undefined =>
  second && (!first || second.n > first.n) ? second : first

const laterProfile = (first: Head['profile'], second: Head['profile']): Head['profile'] =>
  second && (!first || second.seq > first.seq) ? second : first

const withProfile = (head: Head, profile: Head['profile']): Head => (profile ? { ...head, profile } : head)

/** Returns whether two contents are equal. */
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
