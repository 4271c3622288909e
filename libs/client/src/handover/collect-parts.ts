import { type HandedChat, maxHandoverParts, type Seq } from '@fastchat/schema'
import { lineBytes } from '../backup/lines.ts'
import { readOwn } from '../backup/own-lines.ts'
import { type Ranges, type Span, unite, without } from '../backup/ranges.ts'
import { chatOf, restoredRanges } from '../backup/save-history.ts'
import { type ConversationRecord, type Entry, parseRecord } from '../store/records.ts'
import type { HandoverPort } from './handover-port.ts'

/** The first part has this many positions of each chat: what a person sees first. */
const firstPositions = 50
/** Positions that are read at once after that. */
const stepPositions = 200
/** The JSON of the first part, and of each later one, before compression. */
const firstBytes = 512 * 1024
const partBytes = 4 * 1024 * 1024

type Source = Pick<HandoverPort, 'store' | 'records' | 'isForgotten' | 'index' | 'handed'>
/** A part of a handover. `isLast` says that nothing is left, or that no more parts are taken. */
export type Part = { readonly chats: readonly HandedChat[]; readonly isLast: boolean }
type Plan = { readonly record: ConversationRecord; readonly restored: Ranges; readonly low: number; next: number }

/**
 * Returns the history of this device in parts: first the newest lines of all chats, then the rest,
 * newest first. After `maxHandoverParts` the backup has the rest.
 */
export async function* collectParts(source: Source): AsyncGenerator<Part> {
  const plans = await plansOf(source)
  let [chats, bytes, parts]: [HandedChat[], number, number] = [[], 0, 0]
  const steps = [
    ...plans.map((plan) => ({ plan, positions: firstPositions, isFirst: true })),
    ...plans.map((plan) => ({ plan, positions: stepPositions, isFirst: false })),
  ]
  for (const { plan, positions, isFirst } of steps) {
    if (isFirst && bytes >= firstBytes) continue
    if (!isFirst && parts === 0 && chats.length > 0) {
      yield { chats, isLast: plans.every(({ low, next }) => next < low) }
      parts++
      ;[chats, bytes] = [[], 0]
    }
    while (plan.next >= plan.low) {
      const span: Span = [Math.max(plan.low, plan.next - positions + 1), plan.next]
      plan.next = span[0] - 1
      const piece = await pieceOf(source, plan, span)
      if (piece) {
        chats.push(piece.chat)
        bytes += piece.bytes
      }
      if (isFirst) break
      if (bytes < partBytes) continue
      parts++
      yield { chats, isLast: parts >= maxHandoverParts || plans.every(({ low, next }) => next < low) }
      if (parts >= maxHandoverParts) return
      ;[chats, bytes] = [[], 0]
    }
  }
  if (chats.length > 0 || parts === 0) yield { chats, isLast: true }
}

/** Returns what this device has of each chat, the latest chat first. */
async function plansOf({ store, records, isForgotten, index, handed }: Source): Promise<Plan[]> {
  const plans: Plan[] = []
  const { segments } = index()
  for (const record of records().toSorted((a, b) => b.lastAt - a.lastAt)) {
    const { conversation, cursor } = record
    if (isForgotten(record)) continue
    const restored = unite([...(await restoredRanges(store, segments, conversation)), ...handed(conversation)])
    const [first] = await store.list('entries', { prefix: `${conversation}/`, limit: 1 })
    const begin = first ? parseRecord<Entry>(first.value).seq : cursor + 1
    const low = Math.min(begin, restored[0]?.[0] ?? begin)
    const high = Math.max(first ? cursor : 0, restored.at(-1)?.[1] ?? 0)
    if (low <= high) plans.push({ record, restored, low, next: high })
  }
  return plans
}

async function pieceOf({ store }: Source, { record, restored }: Plan, span: Span) {
  const inSpan = without([span], without([span], restored))
  const { covered, lines } = await readOwn(store, record, [span], Number.POSITIVE_INFINITY, unite(inSpan))
  if (covered.length === 0) return undefined
  const chat: HandedChat = {
    conversation: record.conversation,
    // Positions of a log count from 1.
    ranges: covered.map(([from, to]): [Seq, Seq] => [from as Seq, to as Seq]),
    lines: [...lines],
    about: chatOf(record),
  }
  return { chat, bytes: lines.reduce((sum, line) => sum + lineBytes(line), 0) }
}
