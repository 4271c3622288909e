import { CannotJoin } from '@fastchat/crypto'
import { type ConversationId, chatOperations, type LogEntry, limits } from '@fastchat/schema'
import type { Context } from './context.ts'

/** Pages of handshakes that one way into a group may take: 100 000 changes of it. */
const maxPages = 500

/**
 * Commits and statements after a position, oldest first, each whole.
 *
 * @throws CannotJoin `other_history` when there is no end of them, or no order
 * @throws what the server throws when it can't be asked
 */
export async function* handshakesAfter(
  { api }: Pick<Context, 'api'>,
  conversation: ConversationId,
  after: number,
): AsyncGenerator<LogEntry> {
  let last = after
  for (let page = 0; page < maxPages; page++) {
    const { entries } = await api.call(chatOperations.listMessages, {
      params: { conversation },
      // A position that was read, or 0.
      query: { after: last as LogEntry['seq'], limit: limits.maxPage, only: 'handshakes' },
    })
    for (const entry of entries) {
      if (entry.seq <= last) throw new CannotJoin('other_history', { cause: new Error('handshakes out of order') })
      const params = { conversation, seq: entry.seq }
      yield entry.envelope === undefined ? await api.call(chatOperations.getMessage, { params }) : entry
      last = entry.seq
    }
    if (entries.length === 0) return
  }
  throw new CannotJoin('other_history', { cause: new Error('too many handshakes to follow') })
}
