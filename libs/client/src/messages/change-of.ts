import type { MessageId } from '@fastchat/schema'
import type { Entry } from '../store/records.ts'
import type { Store } from '../store/store.ts'
import { notesOf } from './shown-entries.ts'

/** A change of a message, as a line tells it. `target` is the message as it is now. */
export type MessageChange = {
  readonly target: Entry
  readonly kind: 'edit' | 'delete' | 'reaction'
  readonly emoji?: string
  readonly removed?: true
}

/**
 * Returns what a mark changed. Undefined when it changed nothing, or when a later entry has
 * replaced it.
 */
export async function changeOf(
  store: Pick<Store, 'get'>,
  entryOf: (id: MessageId) => Promise<Entry | undefined>,
  { change, seq, from }: Entry,
): Promise<MessageChange | undefined> {
  const target = change && (await entryOf(change.target))
  if (!change || target?.type !== 'message') return undefined
  const { edits = [], deleted, reactions = [] } = await notesOf(store, target)
  if (change.kind === 'edit') return edits.at(-1)?.seq === seq ? { target, kind: 'edit' } : undefined
  if (change.kind === 'delete') return deleted?.seq === seq ? { target, kind: 'delete' } : undefined
  const said = reactions.find((one) => one.seq === seq && one.user === from)
  if (!said) return undefined
  return { target, kind: 'reaction', emoji: said.emoji, ...(said.removed && { removed: true as const }) }
}
