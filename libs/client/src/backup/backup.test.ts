import type { WallMs } from '@fastchat/clock'
import { createBackupKey } from '@fastchat/crypto'
import type { BackupIndex, ConversationId, IndexedSegment, UserId } from '@fastchat/schema'
import { expect, test } from 'vitest'
import { memoryStore } from '../../testing/memory-store.ts'
import { ServerError } from '../errors.ts'
import { History } from '../history.ts'
import { newBackupSegmentId, newMessageId, newUserId } from '../new-id.ts'
import { Batch, type Entry, lineKey } from '../store/records.ts'
import { coverageOf, decodeIndex, emptyIndex, encodeIndex, mergeIndexes, withoutForgotten } from './index-contents.ts'
import { decodeLines, encodeLines, maxLinesBytes } from './lines.ts'
import { readOwn } from './own-lines.ts'
import { packLines } from './pack-lines.ts'
import { hideGaps, openSegments, type RestorePort, restoreSegment, takeLines } from './restore-history.ts'
import { putRestored } from './restored-rows.ts'
import { downloadSegment, uploadSegment } from './segments.ts'

// The id has the form of one.
const conversation = '0195f3a0-7c00-7000-8000-000000000003' as ConversationId
const userId: UserId = newUserId()

const said = (seq: number, text: string): Entry => ({
  ...{ type: 'message', conversation, seq, at: seq, id: newMessageId(), from: userId },
  payload: { v: 1, kind: 'text', text },
})
const segment = (ranges: [number, number][], id = newBackupSegmentId()): IndexedSegment => ({
  ...{ id, conversation, generation: 1, count: 1, size: 540, sha256: 'A'.repeat(43) },
  // Positions of a log count from 1.
  ranges: ranges as unknown as IndexedSegment['ranges'],
})
const indexOf = (n: number, ...segments: IndexedSegment[]): BackupIndex => ({ ...emptyIndex, n, segments })
const put = (batch: Batch, entry: Entry) => batch.put('entries', lineKey(conversation, entry.seq, 0), entry)

test('a device covers what it has read, and not what it could not read', async () => {
  const store = memoryStore()
  const batch = new Batch()
  put(batch, said(3, 'of an earlier leaf'))
  put(batch, said(11, 'first'))
  put(batch, { type: 'unreadable', conversation, seq: 13, at: 13 })
  put(batch, { type: 'gap', conversation, seq: 15, at: 15, to: 17 })
  put(batch, { ...said(18, ''), payload: { kind: 'unknown' } })
  put(batch, said(20, 'last'))
  await store.write(batch.writes)
  const record = { conversation, joinedSeq: 10, cursor: 20 }
  const { covered, lines } = await readOwn(store, record, [[1, 20]])
  // 12, 14 and 19 are changes of the group without a line.
  expect(covered).toEqual([[3, 3], [11, 12], [14, 14], [19, 20]]) // biome-ignore format: one line
  expect(lines.map(({ seq }) => seq)).toEqual([3, 11, 20])
  expect((await readOwn(store, record, [[1, 20]], 2)).covered).toEqual([[3, 3], [11, 12]]) // biome-ignore format: one line
})

test('merged indexes cover what either covers, and tell what the first has lost', () => {
  const [old, other] = [segment([[1, 4]]), segment([[9, 9]])]
  const joined = segment([[1, 8]])
  const replaced = mergeIndexes(indexOf(3, joined), indexOf(2, old))
  expect(replaced).toMatchObject({ lost: [], index: { n: 3, segments: [joined] } })
  const shrunk = mergeIndexes(indexOf(1, old), indexOf(4, joined, other))
  expect(shrunk.lost).toEqual([joined, other])
  expect(coverageOf(shrunk.index, conversation)).toEqual([[1, 9]])
  expect(shrunk.index.n).toBe(4)
})

test('an index and lines come back as they were', async () => {
  const index = indexOf(1, segment([[1, 2]]))
  expect(await decodeIndex(await encodeIndex(index))).toEqual(index)
  const entries = [said(1, 'one'), said(2, 'two')]
  const lines = entries.map(({ conversation: _, ...line }) => line)
  const bytes = await encodeLines([...lines, { ...said(9, 'outside') }])
  expect(await decodeLines(bytes, { conversation, ranges: [[1, 2]] })).toEqual(entries)
  await expect(decodeLines(bytes.subarray(1), { conversation, ranges: [[1, 2]] })).rejects.toThrow()
})

test('packs fit, keep the lines of a position together, and cover each position once', () => {
  const text = 'x'.repeat(maxLinesBytes / 3)
  const lines = [1, 2, 2, 2, 5].map((seq) => said(seq, text))
  const packs = packLines([[1, 3], [5, 6]], lines) // biome-ignore format: one line
  expect(packs.map((pack) => pack.lines.map(({ seq }) => seq))).toEqual([[1, 2, 2, 2], [5]])
  expect(packs.map(({ ranges }) => ranges)).toEqual([[[1, 3]], [[5, 6]]])
})

test('history shows restored lines once, and what this device has read by itself wins', async () => {
  const store = memoryStore()
  const history = new History(store, { wallMs: () => 0 as WallMs })
  const batch = new Batch().put('conversations', conversation, { joinedSeq: 4, cursor: 6 })
  put(batch, { type: 'unreadable', conversation, seq: 5, at: 5 })
  put(batch, said(6, 'read here'))
  const restored = [said(1, 'one'), said(2, 'two'), said(5, 'filled'), said(6, 'restored before'), said(7, 'ahead')]
  putRestored(batch, restored)
  await store.write(batch.writes)
  const texts = (entries: readonly Entry[]) =>
    entries.map(({ payload }) => (payload?.kind === 'text' ? payload.text : undefined))
  const all = ['one', 'two', 'filled', 'read here', 'ahead']
  expect(texts(await history.before(conversation, 10))).toEqual(all)
  expect(texts(await history.after(conversation, 0, 10))).toEqual(all)
  for (let limit = 1; limit <= 5; limit++) {
    expect(texts(await history.before(conversation, limit))).toEqual(all.slice(-limit))
    expect(texts(await history.after(conversation, 0, limit))).toEqual(all.slice(0, limit))
  }
  const [one] = restored
  expect(one?.id && (await history.entry(one.id))).toMatchObject({ isRestored: true, seq: 1 })
})

test('a segment that the server exchanges or changes counts as missing', async () => {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>()
  const api = {
    upload: async (path: string, bytes: Uint8Array<ArrayBuffer>) => void stored.set(path, bytes),
    async download(path: string) {
      const bytes = stored.get(path)
      if (!bytes) throw new ServerError('not_found', 'Not found')
      return bytes
    },
  }
  const key = createBackupKey()
  const owner = { userId, api }
  const upload = (seq: number) =>
    uploadSegment(owner, key, { id: newBackupSegmentId(), conversation, generation: 1 }, { ranges: [[seq, seq]], lines: [said(seq, 'x')] }) // biome-ignore format: one line
  const [first, second] = [await upload(1), await upload(2)]
  expect(await downloadSegment(owner, key, first)).toMatchObject([{ seq: 1, conversation }])
  const [a, b] = [...stored.keys()]
  if (!a || !b) throw new Error('two segments')
  const bytes = stored.get(b)?.slice() ?? new Uint8Array()
  stored.set(a, bytes)
  expect(await downloadSegment(owner, key, first)).toBeUndefined()
  // Also if the index were made to agree: the seal names the segment.
  expect(await downloadSegment(owner, key, { ...second, id: first.id })).toBeUndefined()
  stored.delete(b)
  expect(await downloadSegment(owner, key, second)).toBeUndefined()
})

test('a forgotten chat does not come back with an older index, and what is said later stays', () => {
  const [old, later] = [segment([[1, 9]]), segment([[8, 12]])]
  const chats = { [conversation]: { kind: 'direct' as const, at: 1, members: [] } }
  const before = { ...indexOf(3, old), chats }
  const forgotten = withoutForgotten(before, { [conversation]: 9 })
  expect(forgotten).toMatchObject({ segments: [], chats: {}, forgotten: { [conversation]: 9 } })
  for (const merged of [mergeIndexes(forgotten, before), mergeIndexes(before, forgotten)])
    expect(merged).toMatchObject({ lost: [], index: { segments: [], forgotten: { [conversation]: 9 } } })
  expect(mergeIndexes(forgotten, { ...before, segments: [old, later] }).index.segments).toEqual([later])
})

test('a device that has restored a part stores it again, with its own lines where it has some', async () => {
  const store = memoryStore()
  const batch = new Batch()
  put(batch, { type: 'unreadable', conversation, seq: 4, at: 4 })
  put(batch, said(6, 'read here'))
  putRestored(batch, [said(1, 'one'), said(3, 'three'), said(4, 'four'), said(6, 'restored'), said(8, 'not asked for')])
  await store.write(batch.writes)
  const record = { conversation, joinedSeq: 5, cursor: 6 }
  const { covered, lines } = await readOwn(store, record, [[1, 9]], Number.POSITIVE_INFINITY, [[1, 5]])
  expect(covered).toEqual([[1, 6]])
  expect(lines.map(({ payload }) => payload?.kind === 'text' && payload.text)).toEqual([
    'one',
    'three',
    'four',
    'read here',
  ])
  // Without that knowledge a line says nothing about its neighbours.
  expect((await readOwn(store, record, [[1, 9]])).covered).toEqual([[6, 6]])
})

test('the line of a gap goes when all of the gap is known, and not before', async () => {
  const store = memoryStore()
  const history = new History(store, { wallMs: () => 0 as WallMs })
  const record = { conversation, joinedSeq: 9, cursor: 9 }
  const batch = new Batch().put('conversations', conversation, record)
  put(batch, { type: 'gap', conversation, seq: 2, at: 2, to: 4 })
  await store.write(batch.writes)
  const { gaps } = await readOwn(store, record, [[1, 9]])
  expect(gaps).toEqual([[2, 4]])
  const fill = async (known: [number, number][], ...entries: Entry[]) => {
    const next = new Batch()
    await takeLines({ store }, next, { now: known }, entries)
    hideGaps(next, conversation, gaps, known)
    await store.write(next.writes)
    return (await history.before(conversation, 10)).map(({ type, seq }) => `${type} ${seq}`)
  }
  expect(await fill([[2, 3]], said(2, 'two'))).toEqual(['gap 2', 'message 2'])
  expect(await fill([[2, 4]], said(2, 'two'), said(4, 'four'))).toEqual(['message 2', 'message 4'])
})

test('on a full disk a part is restored whole or not at all, and the restore goes on when there is space', async () => {
  const stored = new Map<string, Uint8Array<ArrayBuffer>>()
  const api = {
    upload: async (path: string, bytes: Uint8Array<ArrayBuffer>) => void stored.set(path, bytes),
    download: async (path: string) => stored.get(path) ?? new Uint8Array(),
  }
  const key = createBackupKey()
  const upload = (from: number, to: number) =>
    uploadSegment(
      { userId, api },
      key,
      { id: newBackupSegmentId(), conversation, generation: 1 },
      {
        ranges: [[from, to]],
        lines: Array.from({ length: to - from + 1 }, (_, n) => said(from + n, 'x')),
      },
    )
  const index = indexOf(1, await upload(1, 5), await upload(6, 9))
  const store = memoryStore()
  let room = 1
  const disk = {
    ...store,
    write: async (writes: Parameters<typeof store.write>[0]) => {
      if (room-- <= 0) throw new Error('ENOSPC')
      await store.write(writes)
    },
  }
  const port = {
    ...{ api, userId, store: disk, lost: new Set(), handed: () => [], tell: () => {}, restored: () => {} },
    ...{ remote: { record: { index }, keyOf: () => key }, record: () => undefined },
  } as unknown as RestorePort
  const restore = async () => {
    for (const one of await openSegments(port)) await restoreSegment(port, one)
  }
  const seqs = async () => (await store.list('restored', { prefix: conversation })).map(({ key: at }) => at)
  await expect(restore()).rejects.toThrow('ENOSPC')
  // The newest part comes first.
  expect(await seqs()).toEqual([6, 7, 8, 9].map((seq) => lineKey(conversation, seq, 0)))
  room = 10
  await restore()
  expect(await seqs()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((seq) => lineKey(conversation, seq, 0)))
})
