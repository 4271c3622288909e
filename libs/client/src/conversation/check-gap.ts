import { chatOperations, type Seq } from '@fastchat/schema'
import { Batch, type Entry, entryKey, parseRecord } from '../store/records.ts'
import type { Write } from '../store/store.ts'
import type { Context } from './context.ts'
import type { Gap } from './log-item.ts'

/** Lines that may stand at one position beside the gap that ends there. */
const maxLinesBeside = 16

/**
 * Returns whether the log, by the server's own word, reaches as far as the gap. A gap that ends beyond it would make this device step
 * over messages that are still to come.
 *
 * @throws what the server throws when it can't be asked
 */
export async function isWithinLog({ api }: Pick<Context, 'api'>, { conversation, to }: Gap): Promise<boolean> {
  const query = { after: to, limit: 1 }
  const { lastSeq } = await api.call(chatOperations.listMessages, { params: { conversation }, query })
  return to <= lastSeq
}

/** A gap in this device's history. `cutBefore` returns what to store when the log has an entry at a position in it. */
export type StoredGap = {
  readonly from: number
  readonly to: number
  cutBefore(seq: number): readonly Write[]
}

/** Returns the gap in this device's history that covers a position: the server has said that nothing is there any more. */
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

/** Positions are whole numbers from 1 on; nothing else is stored as one. */
export const isGapInForm = ({ from, to }: Gap): boolean => isPosition(from) && isPosition(to) && from <= to

export const isPosition = (seq: unknown): seq is Seq => Number.isSafeInteger(seq) && Number(seq) >= 1
