import {
  type BackupIndex,
  BackupIndexSchema,
  type ConversationId,
  formOf,
  type IndexedSegment,
  type Seq,
} from '@fastchat/schema'
import { deflate, inflate } from './lines.ts'
import { type Ranges, type Span, unite, without } from './ranges.ts'

export const emptyIndex: BackupIndex = { v: 1, n: 0, segments: [], revoked: [], chats: {} }

/** An index of the largest sealed size compresses at most about this much. */
const maxIndexBytes = 16 * 1024 * 1024
const form = formOf(BackupIndexSchema)

/** Returns an index as compressed JSON. */
export const encodeIndex = (index: BackupIndex): Promise<Uint8Array> =>
  deflate(new TextEncoder().encode(JSON.stringify(index)))

/** @throws {RangeError} when the bytes hold no index of a form that this version knows */
export async function decodeIndex(bytes: Uint8Array): Promise<BackupIndex> {
  const value = parse(new TextDecoder().decode(await inflate(bytes, maxIndexBytes)))
  if (!form.accepts(value)) throw new RangeError('an index of a form that this version does not know')
  return value
}

/** Returns the positions of a conversation that the index covers. */
export const coverageOf = ({ segments }: Pick<BackupIndex, 'segments'>, conversation: ConversationId): Ranges =>
  unite(segments.flatMap((one): readonly Span[] => (one.conversation === conversation ? spansOf(one) : [])))

export const spansOf = ({ ranges }: IndexedSegment): readonly Span[] => ranges.map(([from, to]): Span => [from, to])

/** The last position that a segment covers. */
export const lastOf = ({ ranges }: IndexedSegment): number => Math.max(...ranges.map(([, to]) => to))

/** Returns how far the account has forgotten a chat; 0 if it has not. */
export const forgottenUpTo = ({ forgotten }: Pick<BackupIndex, 'forgotten'>, conversation: ConversationId): number =>
  forgotten?.[conversation] ?? 0

/**
 * Returns an index without what the account has forgotten. `forgotten` are further chats, each with
 * the last position that goes. A segment that reaches beyond that position stays.
 */
export function withoutForgotten(index: BackupIndex, forgotten: Readonly<Record<string, number>>): BackupIndex {
  const all = { ...index.forgotten }
  // The cast holds because positions come from the log.
  for (const [id, seq] of Object.entries(forgotten)) all[id] = Math.max(all[id] ?? 0, seq) as Seq
  if (Object.keys(all).length === 0) return index
  const segments = index.segments.filter((one) => lastOf(one) > (all[one.conversation] ?? 0))
  const kept = new Set<string>(segments.map(({ conversation }) => conversation))
  const chats = Object.fromEntries(Object.entries(index.chats).filter(([id]) => kept.has(id) || !(id in all)))
  return { ...index, segments, chats, forgotten: all }
}

/** The result of a merge. `lost` are the segments of `second` that `first` should have covered. */
export type MergedIndex = { readonly index: BackupIndex; readonly lost: readonly IndexedSegment[] }

/**
 * Returns two indexes merged. A segment of the second stays where the first does not cover all of
 * it, so what is covered never shrinks. Of two switches and of two facts about a chat the later
 * one wins. What the account has forgotten goes from both.
 */
export function mergeIndexes(one: BackupIndex, other: BackupIndex): MergedIndex {
  const first = withoutForgotten(one, other.forgotten ?? {})
  const second = withoutForgotten(other, first.forgotten ?? {})
  const ids = new Set(first.segments.map(({ id }) => id))
  const covered = new Map<ConversationId, Ranges>()
  const of = (conversation: ConversationId) => {
    const known = covered.get(conversation) ?? coverageOf(first, conversation)
    covered.set(conversation, known)
    return known
  }
  const lost = second.segments.filter(
    (one) => !ids.has(one.id) && without(spansOf(one), of(one.conversation)).length > 0,
  )
  const chats = { ...first.chats }
  for (const [id, chat] of Object.entries(second.chats)) {
    const known = chats[id]
    if (!known || chat.at > known.at) chats[id] = chat
  }
  const switched = (second.switched?.at ?? 0) > (first.switched?.at ?? 0) ? second.switched : first.switched
  const index: BackupIndex = {
    ...second,
    ...first,
    ...(switched && { switched }),
    n: Math.max(first.n, second.n),
    segments: [...first.segments, ...lost],
    revoked: [...new Set([...first.revoked, ...second.revoked])],
    chats,
  }
  return { index, lost }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new RangeError('an index that is no JSON', { cause })
  }
}
