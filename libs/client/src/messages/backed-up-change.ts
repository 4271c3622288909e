import type { Annotation } from '@fastchat/schema'
import type { RestoredLine } from '../backup/restored-line.ts'
import { decodePayload, encodePayload } from '../conversation/payload-bytes.ts'
import type { Batch, Entry, StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { chatKey, chatNotesOf, notesKey, withChatOperation } from './chat-notes.ts'
import { Draft } from './draft.ts'
import { eraseContent } from './erase.ts'
import { findEntry, findIn } from './find-entry.ts'
import { type MessageNotes, withLawful } from './message-notes.ts'
import { isAnnotation, type Operation } from './operation.ts'
import { notesOf } from './shown-entries.ts'

/**
 * Returns what a mark changed, for the backup: the stored mark itself has no contents. Undefined
 * when it changed nothing that lasts, or a message that disappears.
 */
export async function changeToBackUp(store: Store, mark: StoredEntry): Promise<Annotation | undefined> {
  const { change, conversation, seq, from } = mark
  if (!change) return undefined
  const { target } = change
  const found = await findEntry(store, target)
  if (found?.entry.expiresAt !== undefined) return undefined
  const { edits = [], deleted, reactions = [] } = await notesOf(store, { ...mark, conversation, id: target })
  if (change.kind === 'delete') return deleted?.seq === seq ? { v: 1, kind: 'delete', target } : undefined
  const edit = edits.find((one) => one.seq === seq)
  if (edit) return { v: 1, kind: 'edit', target, text: edit.text }
  const said = reactions.find((one) => one.seq === seq && one.user === from)
  if (!said) return undefined
  return { v: 1, kind: 'reaction', target, emoji: said.emoji, ...(said.removed && { remove: true }) }
}

/** Returns the change in a line of the backup, if it has the form of one. */
export function changeIn(value: unknown): Annotation | undefined {
  try {
    // The cast is checked by the encoder, which takes no other form.
    const payload = decodePayload(encodePayload(value as Annotation))
    return isAnnotation(payload) ? payload : undefined
  } catch {
    return undefined
  }
}

/**
 * Adds what restored lines say about messages and about the chat. Another device of this user has
 * judged it when it read the log. The batch holds the lines already.
 */
export async function restoreChanges(store: Store, batch: Batch, entries: readonly RestoredLine[]): Promise<void> {
  const draft = new Draft(store, batch)
  const [first] = entries
  if (!first) return
  const before = await chatNotesOf(store, first.conversation)
  let chat = before
  for (const entry of entries) {
    const { id, type, conversation, from, said } = entry
    const operation = operationOf(entry)
    if (operation && said === undefined) chat = withChatOperation(chat, operation)
    const target = said && 'target' in said ? said.target : type === 'message' ? id : undefined
    if (target === undefined) continue
    const key = notesKey(conversation, target)
    const known = (await draft.get<MessageNotes>('annotations', key)) ?? {}
    const notes = said && id && from ? withLawful(known, { ...entry, id, from, payload: said }) : known
    if (notes !== known) batch.put('annotations', key, notes)
    const found = notes.deleted && (await findIn(draft, target))
    if (found && found.entry.payload !== undefined) eraseContent(draft, found, known)
  }
  if (chat !== before) batch.put('annotations', chatKey(first.conversation), chat)
}

/** Returns the change of the chat that a line tells. Only lawful ones have become lines. */
function operationOf({ event, id, from, seq, at }: Entry): Operation | undefined {
  const payload = event && payloadOf(event)
  return payload && id && from && { id, from, seq, at, power: 'admin', payload }
}

function payloadOf(event: NonNullable<Entry['event']>): Annotation | undefined {
  if (event.kind === 'timer') return { v: 1, kind: 'timer', seconds: event.seconds }
  if (event.kind !== 'pinned' && event.kind !== 'unpinned') return undefined
  return { v: 1, kind: 'pin', target: event.target, pinned: event.kind === 'pinned' }
}
