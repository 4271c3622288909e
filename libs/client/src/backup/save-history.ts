import {
  type BackedUpChat,
  type BackupSegmentId,
  type ConversationId,
  chatOperations,
  type IndexedSegment,
  limits,
  type UserId,
} from '@fastchat/schema'
import type { Api } from '../net/api.ts'
import { pause } from '../net/backoff.ts'
import { Batch, type ConversationRecord } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { coverageOf, forgottenUpTo, lastOf, spansOf } from './index-contents.ts'
import type { Line } from './lines.ts'
import { readOwn } from './own-lines.ts'
import { packLines } from './pack-lines.ts'
import { type Ranges, type Span, unite, without } from './ranges.ts'
import type { RemoteIndex } from './remote-index.ts'
import { markKey } from './restored-rows.ts'
import { downloadSegment, uploadSegment } from './segments.ts'

export type SavePort = {
  readonly api: Api
  readonly store: Store
  readonly userId: UserId
  readonly remote: RemoteIndex
  /** Segments of the index that the server has lost. */
  readonly lost: ReadonlySet<string>
  newId(): BackupSegmentId
  /** Returns the positions of a chat that an own device has handed over. */
  handed(conversation: ConversationId): Ranges
}

/**
 * A segment of at most this many lines is joined with the new lines behind it, if these are at
 * least half as many. So a chat has few segments, and a line is written about ten times at most.
 */
const maxJoined = 1_000
/** The rows of one chat that one step reads. */
const maxRows = 4_000
/** A pause behind each segment leaves the rate of uploads to the pictures that people send. */
const pauseMs = 1_000
/** Segments between two versions of the index, so an interruption repeats little. */
const maxSegmentsAtOnce = 20

type Made = { readonly added: IndexedSegment[]; readonly replaced: Set<string> }

/**
 * Stores the lines of a chat that the backup does not cover yet.
 *
 * @returns whether lines are left for another step
 */
export async function saveChat(port: SavePort, record: ConversationRecord, signal: AbortSignal): Promise<boolean> {
  const { remote, store } = port
  const [key, { generation }] = [remote.key, remote]
  if (!key) return false
  const { conversation } = record
  const { index } = remote.record
  const end = record.status === 'broken' && record.brokenAt !== undefined ? record.brokenAt - 1 : record.cursor
  const segments = index.segments.filter(({ id }) => !port.lost.has(id))
  const begin = forgottenUpTo(index, conversation) + 1
  // What the server has lost comes back from a device that has read it, or has restored it. What
  // was handed over may never have been in the backup.
  const lost = index.segments.filter(({ id }) => port.lost.has(id))
  const restored = unite([...(await restoredRanges(store, lost, conversation)), ...port.handed(conversation)])
  const kept: Ranges = unite([...(end >= begin ? [[begin, end] as const] : []), ...restored])
  const wanted = without(kept, coverageOf({ segments }, conversation))
  const own = await readOwn(store, { ...record, cursor: end }, wanted, maxRows, restored)
  if (own.lines.length === 0) return false
  const { lines, covered, replaced } = await withTails(port, key, segments, record, own)
  const made: Made = { added: [], replaced }
  let isLeft = own.lines.length >= maxRows
  for (const pack of packLines(covered, lines)) {
    if (signal.aborted || made.added.length >= maxSegmentsAtOnce) {
      isLeft = true
      break
    }
    const id = port.newId()
    await remote.keep({ unlisted: [...(remote.record.unlisted ?? []), id] })
    made.added.push(await uploadSegment(port, key, { id, conversation, generation }, pack))
    await pause(made.added.length > 1 ? pauseMs : 0, signal)
  }
  await list(port, made, { [conversation]: chatOf(record) })
  return isLeft
}

/** Returns the positions of a chat that this device has restored from these segments. */
export async function restoredRanges(
  store: Store,
  segments: readonly IndexedSegment[],
  conversation: ConversationId,
): Promise<Ranges> {
  const found: Span[] = []
  for (const one of segments)
    if (one.conversation === conversation && (await store.get('restored', markKey(one.id))) !== undefined)
      found.push(...spansOf(one))
  return unite(found)
}

/**
 * Takes in the last segments of the chat that are small beside what is new. It takes none whose
 * lines this device still has to restore: the new segment counts as restored here.
 */
async function withTails(
  port: SavePort,
  key: Uint8Array,
  segments: readonly IndexedSegment[],
  record: ConversationRecord,
  own: { readonly covered: Ranges; readonly lines: readonly Line[] },
) {
  const { conversation } = record
  const replaced = new Set<string>()
  let { covered, lines } = own
  const tails = segments
    .filter((one) => one.conversation === conversation && one.generation === port.remote.generation)
    .toSorted((a, b) => lastOf(b) - lastOf(a))
  for (const tail of tails) {
    if (tail.count > Math.min(maxJoined, 2 * lines.length)) break
    if (!(await isHere(port.store, record, tail))) break
    const found = await downloadSegment(port, key, tail)
    if (!found) break
    const taken = covered
    const added = found.filter(({ seq }) => !taken.some(([from, to]) => from <= seq && seq <= to))
    lines = [...added.map(({ conversation: _, ...line }): Line => line), ...lines].toSorted((a, b) => a.seq - b.seq)
    covered = unite([...covered, ...spansOf(tail)])
    replaced.add(tail.id)
  }
  return { lines, covered, replaced }
}

async function isHere(store: Store, record: ConversationRecord, segment: IndexedSegment): Promise<boolean> {
  if ((await store.get('restored', markKey(segment.id))) !== undefined) return true
  const spans = spansOf(segment)
  return without(spans, (await readOwn(store, record, spans)).covered).length === 0
}

/** Puts the new segments into the index, and deletes those that they replace. */
async function list(port: SavePort, { added, replaced }: Made, chats: Record<string, BackedUpChat>): Promise<void> {
  const { remote, store, lost } = port
  const kept = (segments: readonly IndexedSegment[]) => {
    // A segment goes only if what stays covers all of it.
    const isOver = ({ id }: IndexedSegment) => replaced.has(id) || lost.has(id)
    const staying = [...segments.filter((one) => !isOver(one)), ...added]
    const rest = (one: IndexedSegment) => without(spansOf(one), coverageOf({ segments: staying }, one.conversation))
    return segments.filter((one) => !isOver(one) || rest(one).length > 0)
  }
  const batch = new Batch()
  for (const { id } of added) batch.put('restored', markKey(id), {})
  await store.write(batch.writes)
  const isListed = await remote.put((index) => ({
    ...index,
    segments: [...kept(index.segments), ...added],
    chats: { ...index.chats, ...chats },
  }))
  if (isListed) await deleteUnlisted(port, replaced)
}

/** Deletes segments at the server that the index does not name. */
export async function deleteUnlisted({ api, remote }: SavePort, more: Iterable<string> = []): Promise<void> {
  const listed = new Set<string>(remote.record.index.segments.map(({ id }) => id))
  const unlisted = [...new Set([...(remote.record.unlisted ?? []), ...more])].filter((id) => !listed.has(id))
  await remote.keep({ unlisted })
  // The casts hold because this device has made these ids, or has read them in the index.
  for (let at = 0; at < unlisted.length; at += limits.maxBackupPage) {
    const segments = unlisted.slice(at, at + limits.maxBackupPage) as BackupSegmentId[]
    await api.call(chatOperations.deleteBackupSegments, { body: { segments } })
  }
  if (unlisted.length > 0) await remote.keep({ unlisted: [] })
}

/** Returns the facts about a chat that a device without it shows. */
export function chatOf({ kind, lastAt, name, peer, members }: ConversationRecord): BackedUpChat {
  const shown = members.map(({ userId, role }) => ({ userId, role }))
  return { kind, at: lastAt, ...(name !== undefined && { name }), ...(peer && { peer }), members: shown }
}
