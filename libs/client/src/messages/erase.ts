import type { MessageId } from '@fastchat/schema'
import { entryKey, type StoredEntry } from '../store/records.ts'
import { notesKey } from './chat-notes.ts'
import type { Draft } from './draft.ts'
import type { FoundEntry } from './find-entry.ts'
import type { MessageNotes } from './message-notes.ts'

/** Returns the key under which the end of a message's life is found. Keys sort like the times. */
export const expiryKey = (expiresAt: number, id: MessageId): string => `${String(expiresAt).padStart(16, '0')}/${id}`

/** Removes the contents of a message, but not that there was one and who wrote it. */
export function eraseContent(draft: Draft, { table, key, entry }: FoundEntry, notes: MessageNotes): void {
  const { payload: _, expiresAt, ...rest } = entry
  draft.batch.put(table, key, rest)
  eraseCopies(draft, entry, notes)
  if (expiresAt !== undefined && entry.id) draft.batch.remove('expiring', expiryKey(expiresAt, entry.id))
}

/**
 * Removes a message with everything said about it. What remains is that this device has read that
 * position, so that a repeated entry is recognised.
 */
export function eraseMessage(draft: Draft, found: FoundEntry, notes: MessageNotes): void {
  const { conversation, seq, at, id, from, device, c } = found.entry
  eraseContent(draft, found, notes)
  draft.batch.put(found.table, found.key, { type: 'mark', conversation, seq, at, id, from, device, c })
  if (id !== undefined) draft.batch.remove('annotations', notesKey(conversation, id))
}

/** Removes the copies of this device's messages that it keeps to send them again. */
function eraseCopies({ batch }: Draft, { conversation, seq }: StoredEntry, { edits = [] }: MessageNotes): void {
  for (const at of [seq, ...edits.map((edit) => edit.seq)]) batch.remove('sent', entryKey(conversation, at))
}
