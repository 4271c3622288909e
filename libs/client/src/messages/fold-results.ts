import type { Clock } from '@fastchat/clock'
import { type ConversationId, countsAsMessage, type MessageId } from '@fastchat/schema'
import type { ReadResult } from '../conversation/read-result.ts'
import { type Batch, type Entry, entryKey } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import {
  type ChatNotes,
  chatKey,
  chatNotesOf,
  lifeOf,
  notesKey,
  takePending,
  withChatOperation,
  withMessage,
  withPending,
} from './chat-notes.ts'
import { Draft } from './draft.ts'
import { eraseContent, expiryKey } from './erase.ts'
import { findIn } from './find-entry.ts'
import { type MessageNotes, withOperation } from './message-notes.ts'
import { type Operation, powerOf } from './operation.ts'

type Context = { readonly store: Pick<Store, 'get'>; readonly clock: Pick<Clock, 'wallMs'> }

export type Folded = {
  /** The results, with the ends of the messages' lives. */
  readonly results: readonly ReadResult[]
  /** Adds what the results say about messages to the batch that stores the results. */
  write(batch: Batch): Promise<void>
  /** The messages that look different after `write`. */
  readonly changed: ReadonlySet<MessageId>
}

/**
 * Prepares the notes that results make about messages and about the chat. Each device judges by the
 * log's order and times alone.
 */
export async function foldResults(
  context: Context,
  conversation: ConversationId,
  given: readonly ReadResult[],
): Promise<Folded> {
  const before = await chatNotesOf(context.store, conversation)
  const changed = new Set<MessageId>()
  let chat = before
  const results = given.map((result) => {
    const entries = result.entries.map((entry) => {
      if (!isMessage(entry) || entry.from === undefined) return entry
      chat = withMessage(chat, entry, powerOf(result.record, entry.from))
      const life = lifeOf(chat, entry.payload)
      return life === undefined ? entry : { ...entry, expiresAt: context.clock.wallMs() + life * 1000 }
    })
    const { operation } = result
    if (operation) {
      const next = withChatOperation(chat, operation)
      if (next !== chat && 'target' in operation.payload) changed.add(operation.payload.target)
      chat = next
    }
    return { ...result, entries }
  })
  const write = async (batch: Batch) => {
    const draft = new Draft(context.store, batch)
    for (const { entries, operation } of results) {
      for (const entry of entries) chat = await keepMessage(draft, conversation, chat, entry, changed)
      if (operation && isOfMessage(operation) && !(await applyOperation(draft, conversation, operation, changed)))
        chat = withPending(chat, operation)
    }
    if (chat !== before) batch.put('annotations', chatKey(conversation), chat)
  }
  return { results, write, changed }
}

const isMessage = ({ type, payload, id }: Entry): boolean =>
  type === 'message' && id !== undefined && payload !== undefined && countsAsMessage(payload)

const isOfMessage = ({ payload: { kind } }: Operation): boolean =>
  kind === 'edit' || kind === 'delete' || kind === 'reaction'

/** Notes when a message disappears, and applies the changes that arrived before it. */
async function keepMessage(
  draft: Draft,
  conversation: ConversationId,
  chat: ChatNotes,
  { id, expiresAt }: Entry,
  changed: Set<MessageId>,
): Promise<ChatNotes> {
  if (id === undefined) return chat
  if (expiresAt !== undefined) draft.batch.put('expiring', expiryKey(expiresAt, id), conversation)
  const { notes, waiting } = takePending(chat, id)
  for (const operation of waiting) await applyOperation(draft, conversation, operation, changed)
  return notes
}

/**
 * Adds an operation to the notes of its message.
 *
 * @returns false when this device does not have the message
 */
async function applyOperation(
  draft: Draft,
  conversation: ConversationId,
  operation: Operation,
  changed: Set<MessageId>,
): Promise<boolean> {
  const { target } = operation.payload as { readonly target: MessageId }
  const found = await findIn(draft, target)
  if (!found) return false
  const { entry } = found
  const key = notesKey(conversation, target)
  const notes = (await draft.get<MessageNotes>('annotations', key)) ?? {}
  // A message of another chat, or one that is gone here, is not changed.
  const isHere = entry.type === 'message' && entry.conversation === conversation
  const next = isHere ? withOperation(notes, entry, operation) : notes
  if (next === notes || !isHere) {
    // This device's copy of an edit that changes nothing may be of a message that is deleted.
    if (operation.payload.kind === 'edit') draft.batch.remove('sent', entryKey(conversation, operation.seq))
    return true
  }
  draft.batch.put('annotations', key, next)
  if (next.deleted && !notes.deleted) eraseContent(draft, found, notes)
  changed.add(target)
  return true
}
