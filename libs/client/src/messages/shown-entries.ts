import { firstLetters, type MessageId } from '@fastchat/schema'
import { type Annotations, type Entry, getRecord, type Quote, type StoredEntry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { chatNotesOf, notesKey, pinsOf } from './chat-notes.ts'
import { findEntry } from './find-entry.ts'
import { editableField, type MessageNotes, reactionsOf } from './message-notes.ts'

/** The most letters of a message that an answer to it shows. */
const quotedLetters = 80

/**
 * Returns entries of one conversation as people see them: with the latest words, the reactions and
 * the quotes. Messages whose time is over are left out, also before they are erased.
 */
export async function shownEntries(
  store: Pick<Store, 'get'>,
  entries: readonly StoredEntry[],
  now: number,
): Promise<Entry[]> {
  const [first] = entries
  if (!first) return []
  const pinned = new Set(pinsOf(await chatNotesOf(store, first.conversation)).map(({ target }) => target))
  const shown: Entry[] = []
  for (const { c: _, ...entry } of entries) {
    if (isOver(entry, now)) continue
    shown.push(entry.type === 'message' ? await withAnnotations(store, entry, { pinned, now }) : entry)
  }
  return shown
}

const isOver = ({ expiresAt }: Entry, now: number): boolean => expiresAt !== undefined && expiresAt <= now

async function withAnnotations(
  store: Pick<Store, 'get'>,
  entry: Entry,
  { pinned, now }: { readonly pinned: ReadonlySet<MessageId>; readonly now: number },
): Promise<Entry> {
  const { id, conversation, payload } = entry
  if (id === undefined) return entry
  const notes = await notesOf(store, entry)
  const replyTo = payload && 'replyTo' in payload ? payload.replyTo : undefined
  const last = notes.edits?.at(-1)
  const reactions = reactionsOf(notes)
  const annotations: Annotations = {
    ...(last && { edited: { at: last.at, times: notes.edits?.length ?? 0 } }),
    ...(notes.deleted && { deleted: { at: notes.deleted.at, by: notes.deleted.by } }),
    ...(reactions.length > 0 && { reactions }),
    ...(pinned.has(id) && !notes.deleted && { isPinned: true as const }),
    ...(replyTo !== undefined && { quote: await quoteOf(store, { conversation, id: replyTo }, now) }),
  }
  const latest = withLatestWords(entry, notes)
  return Object.keys(annotations).length > 0 ? { ...latest, annotations } : latest
}

/** Returns the annotations of a message. */
export async function notesOf(store: Pick<Store, 'get'>, { id, conversation }: Entry): Promise<MessageNotes> {
  const key = id === undefined ? undefined : notesKey(conversation, id)
  return (key !== undefined && (await getRecord<MessageNotes>(store, 'annotations', key))) || {}
}

function withLatestWords(entry: Entry, { edits }: MessageNotes): Entry {
  const last = edits?.at(-1)
  const field = editableField(entry.payload)
  if (!last || !field) return entry
  // The cast holds because the field is one of this payload's, and a text.
  return { ...entry, payload: { ...entry.payload, [field]: last.text } as Entry['payload'] & {} }
}

/** Returns the words of a message; a file has its caption or none. */
export function wordsOf(payload: Entry['payload']): string | undefined {
  const field = editableField(payload)
  // The cast holds because the field is one of this payload's, and a text.
  return field && (payload as { readonly [K in 'text' | 'caption']?: string })[field]
}

/**
 * Returns the beginning of a message of the same chat, from this device's history. An answer can't
 * put words into the mouth of somebody else.
 */
async function quoteOf(
  store: Pick<Store, 'get'>,
  { conversation, id }: { readonly conversation: string; readonly id: MessageId },
  now: number,
): Promise<Quote> {
  const entry = (await findEntry(store, id))?.entry
  const isHere = entry?.conversation === conversation && entry.payload !== undefined && !isOver(entry, now)
  if (!entry || !isHere || entry.type !== 'message') return { id, kind: 'missing' }
  const { payload, from, seq, expiresAt } = withLatestWords(entry, await notesOf(store, entry))
  const text = wordsOf(payload)?.replace(/\s+/gu, ' ')
  const kind = payload?.kind === 'text' ? 'text' : payload && 'file' in payload ? 'file' : 'unknown'
  const begin = text === undefined ? undefined : firstLetters(text, quotedLetters, 4 * quotedLetters)
  return {
    ...{ id, kind, seq },
    ...(from !== undefined && { from }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(text !== undefined && { text: begin === text ? text : `${begin}…` }),
  }
}
