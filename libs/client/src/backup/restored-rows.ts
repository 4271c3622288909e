import type { ConversationId, MessageId } from '@fastchat/schema'
import { type Batch, entryKey, lineKey } from '../store/records.ts'
import type { RestoredLine } from './restored-line.ts'

// The table `restored` holds what came from the backup. The tables that this device reads and
// writes by itself stay as they are.

/** The key of the mark that this device needs nothing more of a segment. */
export const markKey = (segment: string): string => `!${segment}`

/** The key of the place of a restored message. */
export const placeKey = (id: MessageId): string => `#${id}`

/** The key of the line that says which positions are not in the backup. */
export const absentKey = (conversation: ConversationId, from: number): string =>
  `${entryKey(conversation, from)}/absent`

/** The key of the mark that the backup has filled the gap at a position. */
export const filledKey = (conversation: ConversationId, seq: number): string => `~${entryKey(conversation, seq)}`

/** Puts restored lines, ascending, each at its place. */
export function putRestored(batch: Batch, entries: readonly RestoredLine[]): void {
  let [seq, n] = [0, 0]
  for (const { said: _, ...entry } of entries) {
    n = entry.seq === seq ? n + 1 : 0
    seq = entry.seq
    const key = lineKey(entry.conversation, seq, n)
    batch.put('restored', key, { ...entry, isRestored: true })
    if (entry.id !== undefined) batch.put('restored', placeKey(entry.id), key)
  }
}
