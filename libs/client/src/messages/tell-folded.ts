import type { ConversationId } from '@fastchat/schema'
import type { Context } from '../conversation/context.ts'
import type { Folded } from './fold-results.ts'

/** Emits the events of a projection that is stored: changed messages, and mentions of this user. */
export function tellFolded(
  { events, identity }: Pick<Context, 'events' | 'identity'>,
  conversation: ConversationId,
  { results, changed }: Folded,
): void {
  for (const id of changed) events.emit('changed', { conversation, id })
  for (const entry of results.flatMap(({ entries }) => entries)) {
    const { payload, from } = entry
    if (from === identity.userId || !payload || !('mentions' in payload)) continue
    if (payload.mentions?.includes(identity.userId)) events.emit('mentioned', entry)
  }
}
