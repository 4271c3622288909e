import { type ConversationId, chatOperations, type IndexedSegment, limits, type Seq } from '@fastchat/schema'
import { Batch, type ConversationRecord, type Entry, entryKey, parseRecord } from '../store/records.ts'
import { coverageOf, spansOf } from './index-contents.ts'
import { readOwn } from './own-lines.ts'
import { type Ranges, rangesOf, type Span, unite, without } from './ranges.ts'
import type { RestorePort } from './restore-history.ts'
import { absentKey } from './restored-rows.ts'

/** Pages of handshakes that are read for one chat. Beyond them a line may name changes, too. */
const maxPages = 5

/**
 * Writes a line for each part of a chat that is neither in the backup nor read by this device. It
 * begins at the first position that the backup covers. `missing` are segments that the server does
 * not give. Changes of the group are not messages, so their positions do not count.
 */
export async function writeAbsent(
  port: RestorePort,
  record: ConversationRecord | undefined,
  conversation: ConversationId,
  missing: readonly IndexedSegment[],
): Promise<void> {
  const { segments } = port.remote.record.index
  const given = segments.filter((one) => !missing.includes(one))
  const all = coverageOf({ segments }, conversation)
  const first = all[0]?.[0]
  if (first === undefined) return
  const isIn = record !== undefined && record.joinedSeq > 0
  const end = isIn ? record.joinedSeq - 1 : (all.at(-1)?.[1] ?? 0)
  const asked: Ranges = first <= end ? [[first, end]] : []
  const handed = port.handed(conversation)
  const open = without(asked, [...coverageOf({ segments: given }, conversation), ...handed])
  const part = record && open.length > 0 ? await readOwn(port.store, record, open) : undefined
  // A gap has a line already.
  const own = unite([...(part?.covered ?? []), ...(part?.gaps ?? [])])
  const lost = without(
    unite(missing.flatMap((one): readonly Span[] => (one.conversation === conversation ? spansOf(one) : []))),
    handed,
  )
  // What a missing segment covered did hold messages.
  const unsure = without(without(open, own), lost)
  const handshakes = isIn && unsure.length > 0 ? await handshakesIn(port, conversation, unsure) : []
  await write(port, conversation, without(without(open, own), without(handshakes, lost)))
}

async function handshakesIn({ api }: RestorePort, conversation: ConversationId, ranges: Ranges): Promise<Ranges> {
  const seqs: number[] = []
  const end = ranges.at(-1)?.[1] ?? 0
  let after = (ranges[0]?.[0] ?? 1) - 1
  for (let pages = 0; pages < maxPages && after < end; pages++) {
    const query = { after: after as Seq, limit: limits.maxPage, only: 'handshakes' as const }
    const { entries } = await api.call(chatOperations.listMessages, { params: { conversation }, query })
    seqs.push(...entries.map(({ seq }) => seq))
    const last = entries.at(-1)
    if (!last) break
    after = last.seq
  }
  return rangesOf(seqs)
}

/** Replaces the lines of a chat. A part that has come meanwhile loses its line. */
async function write({ store }: RestorePort, conversation: ConversationId, absent: Ranges): Promise<void> {
  const batch = new Batch()
  const wanted = new Map(absent.map(([from, to]) => [absentKey(conversation, from), { from, to }]))
  for (const { key } of await absentRows(store, conversation)) if (!wanted.has(key)) batch.remove('restored', key)
  for (const [key, { from, to }] of wanted) {
    const entry: Entry = {
      ...{ type: 'system', conversation, seq: from, event: { kind: 'not_in_backup', to } },
      at: await timeBefore(store, conversation, from),
      isRestored: true,
    }
    batch.put('restored', key, entry)
  }
  if (batch.writes.length > 0) await store.write(batch.writes)
}

/** Returns the time of the line before, so that the line about missing messages follows it. */
async function timeBefore(store: RestorePort['store'], id: ConversationId, seq: number): Promise<number> {
  const range = { prefix: `${id}/`, before: entryKey(id, seq), descending: true, limit: 1 }
  const [row] = [...(await store.list('restored', range)), ...(await store.list('entries', range))]
  return row ? parseRecord<Entry>(row.value).at : 0
}

async function absentRows(store: RestorePort['store'], conversation: ConversationId) {
  const rows = await store.list('restored', { prefix: `${conversation}/` })
  return rows.filter(({ key }) => key.endsWith('/absent'))
}
