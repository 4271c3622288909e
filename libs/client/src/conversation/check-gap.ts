import { chatOperations, type Seq } from '@fastchat/schema'
import { Batch, type Entry, entryKey, parseRecord } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import type { Context } from './context.ts'
import type { Gap } from './log-item.ts'

/** The number of lines that may stand at one position beside the gap that ends there. */
const maxLinesBeside = 16

/**
 * Returns whether the log, by the server's word, reaches as far as the gap. A gap that ends beyond
 * the log would make this device step over messages that are still to come.
 *
 * @throws the error of the request when the server does not answer
 */
export async function isWithinLog({ api }: Pick<Context, 'api'>, { conversation, to }: Gap): Promise<boolean> {
  const query = { after: to, limit: 1 }
  const { lastSeq } = await api.call(chatOperations.listMessages, { params: { conversation }, query })
  return to <= lastSeq
}

/**
 * A gap in this device's history. `cutBefore` returns the writes for the case that the log has an
 * entry at a position in the gap.
 */
export type StoredGap = {
  readonly from: number
  readonly to: number
  cutBefore(seq: number): readonly Write[]
}

/**
 * Returns the gap in this device's history that covers a position. The server has said that nothing
 * is there any more.
 */
export async function gapOver(
  { store }: Pick<Context, 'store'>,
  { conversation, seq }: { readonly conversation: Gap['conversation']; readonly seq: number },
): Promise<StoredGap | undefined> {
  const range = { prefix: `${conversation}/`, before: entryKey(conversation, seq + 1), limit: maxLinesBeside }
  for (const { key, value } of await store.list('entries', { ...range, descending: true })) {
    const entry = parseRecord<Entry>(value)
    const { type, event, seq: from, to } = entry
    const isGap = type === 'gap' || event?.kind === 'restored'
    if (!isGap || to === undefined) continue
    const cutBefore = (at: number) =>
      at > from ? new Batch().put('entries', key, { ...entry, to: at - 1 }).writes : []
    return to >= seq ? { from, to, cutBefore } : undefined
  }
  return undefined
}

/**
 * Returns whether the positions of a gap are whole numbers from 1 on. No other number is stored as
 * a position.
 */
export const isGapInForm = ({ from, to }: Gap): boolean => isPosition(from) && isPosition(to) && from <= to

export const isPosition = (seq: unknown): seq is Seq => Number.isSafeInteger(seq) && Number(seq) >= 1
