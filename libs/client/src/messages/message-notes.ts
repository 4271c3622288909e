import { editableForMs, isEmoji, type MessageId, payloads, type UserId } from '@fastchat/schema'
import type { Entry } from '../store/records.ts'
import type { Operation } from './operation.ts'

/** The most edits of a message that are kept. The original is kept as well. */
export const maxVersions = 20
/** The most reactions of one user to one message that are kept, those that ended included. */
export const maxReactionsOfUser = 8
/** The most different emoji that are shown at one message. */
export const maxDistinctEmoji = 20

type Edit = { readonly id: MessageId; readonly seq: number; readonly at: number; readonly text: string }
type Deletion = { readonly seq: number; readonly at: number; readonly by: UserId }
type Reaction = {
  readonly user: UserId
  readonly emoji: string
  readonly seq: number
  readonly removed?: true
}

/** Notes of what later entries of the log have said about a message. */
export type MessageNotes = {
  /** The edits, oldest first. */
  readonly edits?: readonly Edit[]
  readonly deleted?: Deletion
  /** The last word of each user about each emoji, oldest first. */
  readonly reactions?: readonly Reaction[]
}

/** The message that an operation is about. */
export type Target = Pick<Entry, 'from' | 'at' | 'payload'>

/** Returns the field of a payload that an edit replaces; undefined when it can't be edited. */
export function editableField(payload: Entry['payload']): 'text' | 'caption' | undefined {
  if (payload === undefined || payload.kind === 'unknown') return undefined
  if (payload.kind === 'text') return 'text'
  return 'caption' in payloads[payload.kind].properties ? 'caption' : undefined
}

/**
 * Returns the notes of a message after an operation. An operation that its author may not make
 * changes nothing: then the same notes come back. The result does not depend on the order of
 * operations, and a repeated one changes nothing.
 */
export const withOperation = (notes: MessageNotes, target: Target, operation: Operation): MessageNotes =>
  isLawful(target, operation) ? withLawful(notes, operation) : notes

function isLawful(target: Target, operation: Operation): boolean {
  const { payload } = operation
  if (payload.kind === 'delete') return mayDelete(target, operation)
  if (payload.kind === 'edit') return mayEdit(target, operation)
  return payload.kind === 'reaction'
}

/** Returns the notes after an operation that a device of this user has judged. */
export function withLawful(notes: MessageNotes, operation: Judged): MessageNotes {
  const { payload } = operation
  if (payload.kind === 'delete') return withDeletion(notes, operation)
  if (notes.deleted) return notes
  if (payload.kind === 'edit') return withEdit(notes, operation, payload.text)
  if (payload.kind === 'reaction' && isEmoji(payload.emoji))
    return withReaction(notes, operation, payload.emoji, payload.remove === true)
  return notes
}

const mayDelete = ({ from }: Target, { from: by, power }: Operation): boolean => by === from || power === 'admin'

/** Only the author's user edits, and only within a day by the times of the log. */
export const mayEdit = (target: Target, { from, at }: Pick<Operation, 'from' | 'at'>): boolean =>
  from === target.from && at - target.at <= editableForMs && editableField(target.payload) !== undefined

type Judged = Omit<Operation, 'power'>

/** A deletion takes everything else with it. The first one counts. */
function withDeletion({ deleted }: MessageNotes, { seq, at, from }: Judged): MessageNotes {
  return { deleted: deleted && deleted.seq <= seq ? deleted : { seq, at, by: from } }
}

function withEdit(notes: MessageNotes, { id, seq, at }: Judged, text: string): MessageNotes {
  const known = notes.edits?.find((edit) => edit.id === id)
  if (known && known.seq <= seq) return notes
  const others = notes.edits?.filter((edit) => edit.id !== id) ?? []
  const edits = [...others, { id, seq, at, text }].toSorted(bySeq).slice(-maxVersions)
  return { ...notes, edits }
}

function withReaction(notes: MessageNotes, { seq, from: user }: Judged, emoji: string, ends: boolean): MessageNotes {
  const before = notes.reactions ?? []
  const same = before.find((one) => one.user === user && one.emoji === emoji)
  if (same && same.seq >= seq) return notes
  const said: Reaction = { user, emoji, seq, ...(ends && { removed: true }) }
  const own = [...before.filter((one) => one.user === user && one.emoji !== emoji), said]
  const kept = own.toSorted(bySeq).slice(-maxReactionsOfUser)
  return { ...notes, reactions: [...before.filter((one) => one.user !== user), ...kept].toSorted(bySeq) }
}

const bySeq = (a: { readonly seq: number }, b: { readonly seq: number }): number => a.seq - b.seq

/** Returns the reactions to show, in the order in which each emoji came first. */
export function reactionsOf({ reactions = [] }: MessageNotes): { emoji: string; users: UserId[] }[] {
  const live = reactions.filter(({ removed }) => !removed)
  const byEmoji = Map.groupBy(live, ({ emoji }) => emoji)
  const shown = [...byEmoji].slice(0, maxDistinctEmoji)
  return shown.map(([emoji, all]) => ({ emoji, users: all.map(({ user }) => user) }))
}
