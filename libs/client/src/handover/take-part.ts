import type { ConversationId } from '@fastchat/schema'
import { coverageOf } from '../backup/index-contents.ts'
import { readLines } from '../backup/lines.ts'
import { type Ranges, type Span, unite, without } from '../backup/ranges.ts'
import { hideGaps, takeLines, wantedOf } from '../backup/restore-history.ts'
import { restoredRanges } from '../backup/save-history.ts'
import { Batch } from '../store/records.ts'
import type { HandoverPort } from './handover-port.ts'
import type { HandoverRecord } from './handover-record.ts'
import { decodePart } from './part-contents.ts'

type Taken = Pick<HandoverRecord, 'covered' | 'chats' | 'lines'> & { readonly touched: ReadonlySet<ConversationId> }

/**
 * Stores the lines of a part that this device cannot read by itself, and has not restored. Returns
 * the record with this part added. After an interruption it stores the same lines again.
 *
 * @throws {RangeError | SyntaxError} when the bytes have another form
 */
export async function takePart(port: HandoverPort, record: HandoverRecord, bytes: Uint8Array): Promise<Taken> {
  const { store } = port
  const { segments } = port.index()
  const covered: Record<ConversationId, Ranges> = { ...record.covered }
  const chats = { ...record.chats }
  let { lines } = record
  const of = (id: ConversationId): Ranges => covered[id] ?? []
  const touched = new Set<ConversationId>()
  for (const { conversation, ranges, lines: sent, about } of (await decodePart(bytes)).chats) {
    const spans = unite(ranges.map(([from, to]): Span => [from, to]))
    const restored = await restoredRanges(store, segments, conversation)
    const known = {
      ...{ store, handed: of },
      record: (id: ConversationId) => port.records().find((one) => one.conversation === id),
    }
    const wanted = await wantedOf(known, conversation, without(spans, restored))
    const batch = new Batch()
    const found = readLines(sent, { conversation, ranges: spans })
    await takeLines({ store }, batch, wanted, found)
    covered[conversation] = unite([...of(conversation), ...wanted.now])
    hideGaps(batch, conversation, wanted.gaps, unite([...of(conversation), ...coverageOf(port.index(), conversation)]))
    if (batch.writes.length > 0) await store.write(batch.writes)
    chats[conversation] ??= about
    lines += wanted.now.length > 0 ? found.filter(({ type }) => type !== 'mark').length : 0
    if (wanted.now.length > 0) touched.add(conversation)
  }
  return { covered, chats, lines, touched }
}
